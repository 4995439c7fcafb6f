package kafka

import (
	"context"
	"regexp"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// ApiVersions
//
//   - The response header has no tags in any version, so that a client that
//     knows nothing yet can read it. A version that is not known is answered in
//     version 0 with the range of this API (KIP-511).
//   - v3: flexible; the client says what it is. v5: it may say which cluster it
//     means (KIP-1242).
//   - No feature is finalized: transactions and new groups are not offered.
var apiVersionsAPI = api{key: 18, min: 0, max: 5, handle: on(apiVersions)}

// softwareName is what KIP-511 allows for a client's name and version.
var softwareName = regexp.MustCompile(`^[a-zA-Z0-9](?:[a-zA-Z0-9\-.]*[a-zA-Z0-9])?$`)

func apiVersions(_ context.Context, k *call, req *kmsg.ApiVersionsRequest, resp *kmsg.ApiVersionsResponse) {
	s := k.s
	if req.Version >= 3 && !(softwareName.MatchString(req.ClientSoftwareName) && softwareName.MatchString(req.ClientSoftwareVersion)) {
		resp.ErrorCode = kerr.InvalidRequest.Code
		return
	}
	if req.Version >= 5 && s.otherCluster(req) {
		resp.ErrorCode = kerr.RebootstrapRequired.Code
		return
	}
	for _, a := range s.table {
		k := kmsg.NewApiVersionsResponseApiKey()
		k.ApiKey, k.MinVersion, k.MaxVersion = a.key, a.min, a.max
		resp.ApiKeys = append(resp.ApiKeys, k)
	}
}

// otherCluster says that the client looks for somebody else at this address.
func (s *Server) otherCluster(req *kmsg.ApiVersionsRequest) bool {
	return req.ClusterID != nil && *req.ClusterID != "" && *req.ClusterID != s.clusterID || req.NodeID >= 0 && req.NodeID != NodeID
}

func (s *Server) unknownApiVersions() *kmsg.ApiVersionsResponse {
	resp := kmsg.NewPtrApiVersionsResponse()
	resp.ErrorCode = kerr.UnsupportedVersion.Code
	k := kmsg.NewApiVersionsResponseApiKey()
	k.ApiKey, k.MinVersion, k.MaxVersion = apiVersionsAPI.key, apiVersionsAPI.min, apiVersionsAPI.max
	resp.ApiKeys = append(resp.ApiKeys, k)
	return resp
}

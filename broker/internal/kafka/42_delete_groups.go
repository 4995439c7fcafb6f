package kafka

import (
	"context"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// DeleteGroups: v2: flexible. v3: error messages.
var deleteGroupsAPI = api{key: 42, min: 0, max: 3, handle: on((*Server).deleteGroups)}

func (s *Server) deleteGroups(ctx context.Context, _ *call, req *kmsg.DeleteGroupsRequest, resp *kmsg.DeleteGroupsResponse) {
	for _, id := range req.Groups {
		rg := kmsg.NewDeleteGroupsResponseGroup()
		rg.Group = id
		err := s.groups.Delete(ctx, id)
		rg.ErrorCode, rg.ErrorMessage = codeOf(err), messageOf(err)
		resp.Groups = append(resp.Groups, rg)
	}
}

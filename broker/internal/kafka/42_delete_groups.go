package kafka

import (
	"context"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// DeleteGroups: v2: flexible. v3: error messages.
var deleteGroupsAPI = api{key: 42, min: 0, max: 3, handle: on(deleteGroups)}

func deleteGroups(ctx context.Context, k *call, req *kmsg.DeleteGroupsRequest, resp *kmsg.DeleteGroupsResponse) {
	s := k.s
	for _, id := range req.Groups {
		rg := kmsg.NewDeleteGroupsResponseGroup()
		rg.Group = id
		err := s.groups.Delete(ctx, id)
		rg.ErrorCode, rg.ErrorMessage = codeOf(err), messageOf(err)
		resp.Groups = append(resp.Groups, rg)
	}
}

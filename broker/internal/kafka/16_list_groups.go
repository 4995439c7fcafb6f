package kafka

import (
	"context"
	"slices"
	"strings"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// ListGroups: v3: flexible. v4: filter by state. v5: filter by type; all of
// ours are classic.
var listGroupsAPI = api{key: 16, min: 0, max: 5, handle: on(listGroups)}

const groupType = "classic"

func listGroups(_ context.Context, k *call, req *kmsg.ListGroupsRequest, resp *kmsg.ListGroupsResponse) {
	s := k.s
	for _, g := range s.groups.List() {
		if !passes(req.StatesFilter, g.State) || !passes(req.TypesFilter, groupType) {
			continue
		}
		rg := kmsg.NewListGroupsResponseGroup()
		rg.Group, rg.ProtocolType, rg.GroupState, rg.GroupType = g.ID, g.ProtocolType, g.State, groupType
		resp.Groups = append(resp.Groups, rg)
	}
}

// passes says whether s is among those asked for; none asked for is all.
func passes(filter []string, s string) bool {
	return len(filter) == 0 || slices.ContainsFunc(filter, func(f string) bool { return strings.EqualFold(f, s) })
}

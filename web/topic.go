package web

import (
	"context"
	"time"

	"maru"
	"maru/web/internal/api"
)

// GroupLag is how far a group is behind in a topic.
type GroupLag struct {
	ID    string `json:"id"`
	Lag   int64  `json:"lag"`
	State string `json:"state"`
}

// Retention is how long records are kept; what is missing is no bound.
type Retention struct {
	MS    *int64 `json:"ms,omitempty" minimum:"1"`
	Bytes *int64 `json:"bytes,omitempty" minimum:"1"`
}

// Topic is one entry of GET /api/topics.
type Topic struct {
	Name       string     `json:"name"`
	Partitions int        `json:"partitions"`
	Records    int64      `json:"records"`
	Bytes      int64      `json:"bytes" doc:"On disk; 0 when the broker does not tell"`
	Rate       float64    `json:"rate" doc:"Records a second"`
	BytesRate  float64    `json:"bytes_rate"`
	Newest     time.Time  `json:"newest,omitzero" doc:"When the newest record was seen to come"`
	Late       bool       `json:"late" doc:"It was filled, and has been silent for long"`
	Groups     []GroupLag `json:"groups"`
	Retention  Retention  `json:"retention"`
	Declared   string     `json:"declared,omitempty" doc:"The project's file that declares it"`
	Internal   bool       `json:"internal"`
}

// TopicList is the answer of GET /api/topics.
type TopicList struct {
	Topics []Topic `json:"topics"`
}

// TopicPartition is one partition of a topic.
type TopicPartition struct {
	Partition int32     `json:"partition"`
	Start     int64     `json:"start"`
	End       int64     `json:"end"`
	Bytes     int64     `json:"bytes"`
	Newest    time.Time `json:"newest,omitzero"`
	Rate      float64   `json:"rate"`
}

// UsedBy is what uses a table.
type UsedBy struct {
	Kind  string `json:"kind" enum:"stream,collector,dashboard,query,group"`
	Name  string `json:"name" doc:"Of a query its id"`
	Title string `json:"title,omitempty"`
}

// TopicDetail is the answer of GET /api/topics/{name}.
type TopicDetail struct {
	Topic
	Parts   []TopicPartition `json:"parts"`
	Columns maru.Schema      `json:"columns"`
	UsedBy  []UsedBy         `json:"used_by"`
}

// TopicNew is the body of POST /api/topics.
type TopicNew struct {
	Name       string    `json:"name"`
	Partitions int32     `json:"partitions" minimum:"1" maximum:"10000"`
	Retention  Retention `json:"retention"`
}

// TopicChange is the body of PATCH /api/topics/{name}; what is missing stays.
type TopicChange struct {
	Partitions *int32     `json:"partitions,omitempty" minimum:"1" maximum:"10000"`
	Retention  *Retention `json:"retention,omitempty" doc:"Both of its bounds are set"`
}

// Payload is a key, a value or a header's value: neither text nor base64 is
// null.
type Payload struct {
	Text   *string `json:"text,omitempty" doc:"When it is UTF-8"`
	Base64 []byte  `json:"base64,omitempty" doc:"When it is not"`
	Bytes  int     `json:"bytes"`
	Cut    bool    `json:"cut,omitempty" doc:"Only its beginning is here"`
}

// RecordHeader is one header of a record.
type RecordHeader struct {
	Name  string  `json:"name"`
	Value Payload `json:"value"`
}

// TopicRecord is one record.
type TopicRecord struct {
	Partition int32          `json:"partition"`
	Offset    int64          `json:"offset"`
	At        time.Time      `json:"at"`
	Key       *Payload       `json:"key,omitempty"`
	Value     *Payload       `json:"value,omitempty"`
	Headers   []RecordHeader `json:"headers"`
}

// Messages are records, newest first.
type Messages struct {
	Records []TopicRecord `json:"records"`
	Older   string        `json:"older,omitempty" doc:"at= of the next page into the past; missing at the beginning"`
	Newer   string        `json:"newer" doc:"since= of an answer that has only what came later"`
	Scanned int64         `json:"scanned" doc:"Records that were looked at for the filter"`
	Back    time.Time     `json:"back,omitzero" doc:"All records since have been looked at; missing at the beginning"`
	Unread  int64         `json:"unread,omitempty" doc:"Records that were looked at and do not fit the topic's columns: a condition is not true for them"`
	Cut     bool          `json:"cut,omitempty" doc:"The scan ended at its limit; older goes on"`
}

// MessagesAsk says which records of a topic are wanted.
type MessagesAsk struct {
	Name      string `path:"name"`
	Partition int32  `query:"partition" default:"-1" doc:"-1: all"`
	At        string `query:"at" doc:"An offset (with a partition), a time, older of the page before, start or end"`
	Since     string `query:"since" maxLength:"100000" doc:"newer of an answer: only what came after it"`
	Filter    string `query:"filter" maxLength:"1000" doc:"What the key or the value has in it, in any case"`
	Where     string `query:"where" maxLength:"4000" doc:"A condition as after WHERE, of the topic's columns and _partition, _offset, _timestamp, _key, _value, _headers; instead of filter"`
	Limit     int    `query:"limit" default:"50" minimum:"1" maximum:"500"`
	Whole     bool   `query:"whole" doc:"Do not cut long values"`
}

// RecordNewHeader is a header to be produced.
type RecordNewHeader struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// RecordNew is the body of POST /api/topics/{name}/messages.
type RecordNew struct {
	Partition *int32            `json:"partition,omitempty" minimum:"0"`
	Key       *string           `json:"key,omitempty"`
	Value     *string           `json:"value" nullable:"true" doc:"null: a tombstone"`
	Headers   []RecordNewHeader `json:"headers,omitempty" maxItems:"100"`
}

// RecordPlace is where a record landed.
type RecordPlace struct {
	Partition int32 `json:"partition"`
	Offset    int64 `json:"offset"`
}

// Group is one entry of GET /api/groups.
type Group struct {
	ID      string   `json:"id"`
	State   string   `json:"state"`
	Members int      `json:"members"`
	Topics  []string `json:"topics"`
	Lag     int64    `json:"lag"`
}

// GroupList is the answer of GET /api/groups.
type GroupList struct {
	Groups []Group `json:"groups"`
}

// Assigned are the partitions of a topic that a member reads.
type Assigned struct {
	Topic      string  `json:"topic"`
	Partitions []int32 `json:"partitions"`
}

// GroupMember is one of a group.
type GroupMember struct {
	ID       string     `json:"id"`
	Client   string     `json:"client"`
	Host     string     `json:"host"`
	Assigned []Assigned `json:"assigned"`
}

// GroupOffset is how far a group is in a partition.
type GroupOffset struct {
	Topic     string `json:"topic"`
	Partition int32  `json:"partition"`
	Start     int64  `json:"start"`
	End       int64  `json:"end"`
	Committed *int64 `json:"committed,omitempty"`
	Lag       int64  `json:"lag"`
	Member    string `json:"member,omitempty"`
}

// GroupDetail is the answer of GET /api/groups/{id}.
type GroupDetail struct {
	Group
	Protocol    string        `json:"protocol,omitempty"`
	MembersList []GroupMember `json:"members_list"`
	Offsets     []GroupOffset `json:"offsets"`
}

// OffsetReset is the body of POST /api/groups/{id}/reset.
type OffsetReset struct {
	To         string  `json:"to" enum:"start,end,time,offset"`
	At         string  `json:"at,omitempty" doc:"Of time"`
	Offset     int64   `json:"offset,omitempty" minimum:"0" doc:"Of offset"`
	Topic      string  `json:"topic,omitempty" doc:"Missing: all topics of the group"`
	Partitions []int32 `json:"partitions,omitempty"`
	DryRun     bool    `json:"dry_run,omitempty"`
}

// OffsetChange is what a reset does to a partition.
type OffsetChange struct {
	Topic     string `json:"topic"`
	Partition int32  `json:"partition"`
	From      *int64 `json:"from,omitempty"`
	To        int64  `json:"to"`
}

// OffsetChanges is the answer of a reset.
type OffsetChanges struct {
	Changes []OffsetChange `json:"changes"`
}

type (
	groupID struct {
		ID string `path:"id"`
	}
	groupReset struct {
		ID   string `path:"id"`
		Body OffsetReset
	}
)

// topics gives the log's part, or says that there is none.
func (s *Server) topics() (Topics, error) {
	if s.needs.Topics == nil {
		return nil, missing("the log")
	}
	return s.needs.Topics, nil
}

func (s *Server) topicEndpoints(e *api.Endpoints) {
	op := func(method, path, id, summary string, role api.Role) api.Op {
		return api.Op{Method: method, Path: path, ID: id, Summary: summary, Tag: "topics", Role: role}
	}
	register(s, e, op("GET", "/api/topics", "listTopics", "Topics", api.Viewer), func(ctx context.Context, _ *none) (*body[TopicList], error) {
		return asked(s.topics, func(t Topics) (TopicList, error) {
			all, err := t.Topics(ctx)
			return TopicList{orEmpty(all)}, err
		})
	})
	register(s, e, op("GET", "/api/topics/{name}", "getTopic", "One topic", api.Viewer), func(ctx context.Context, i *named) (*body[TopicDetail], error) {
		return asked(s.topics, func(t Topics) (TopicDetail, error) { return t.Topic(ctx, i.Name) })
	})
	register(s, e, op("POST", "/api/topics", "createTopic", "Make a topic", api.Editor), func(ctx context.Context, i *in[TopicNew]) (*body[TopicDetail], error) {
		return asked(s.topics, func(t Topics) (TopicDetail, error) { return t.CreateTopic(ctx, i.Body) })
	})
	register(s, e, op("PATCH", "/api/topics/{name}", "changeTopic", "Change a topic's partitions or retention", api.Editor), func(ctx context.Context, i *namedIn[TopicChange]) (*body[TopicDetail], error) {
		return asked(s.topics, func(t Topics) (TopicDetail, error) { return t.ChangeTopic(ctx, i.Name, i.Body) })
	})
	register(s, e, op("DELETE", "/api/topics/{name}", "deleteTopic", "Delete a topic with its records", api.Editor), func(ctx context.Context, i *named) (*none, error) {
		t, err := s.topics()
		if err != nil {
			return nil, err
		}
		return &none{}, t.DeleteTopic(ctx, i.Name)
	})
	register(s, e, op("GET", "/api/topics/{name}/messages", "readMessages", "Records, newest first", api.Viewer), func(ctx context.Context, i *MessagesAsk) (*body[Messages], error) {
		return asked(s.topics, func(t Topics) (Messages, error) { return t.Messages(ctx, *i) })
	})
	register(s, e, op("POST", "/api/topics/{name}/messages", "produceMessage", "Append one record", api.Editor), func(ctx context.Context, i *namedIn[RecordNew]) (*body[RecordPlace], error) {
		return asked(s.topics, func(t Topics) (RecordPlace, error) { return t.Produce(ctx, i.Name, i.Body) })
	})
	s.groupEndpoints(e)
}

func (s *Server) groupEndpoints(e *api.Endpoints) {
	op := func(method, path, id, summary string, role api.Role) api.Op {
		return api.Op{Method: method, Path: path, ID: id, Summary: summary, Tag: "groups", Role: role}
	}
	register(s, e, op("GET", "/api/groups", "listGroups", "Consumer groups", api.Viewer), func(ctx context.Context, _ *none) (*body[GroupList], error) {
		return asked(s.topics, func(t Topics) (GroupList, error) {
			all, err := t.Groups(ctx)
			return GroupList{orEmpty(all)}, err
		})
	})
	register(s, e, op("GET", "/api/groups/{id}", "getGroup", "One consumer group", api.Viewer), func(ctx context.Context, i *groupID) (*body[GroupDetail], error) {
		return asked(s.topics, func(t Topics) (GroupDetail, error) { return t.Group(ctx, i.ID) })
	})
	register(s, e, op("POST", "/api/groups/{id}/reset", "resetGroup", "Set a group's offsets", api.Editor), func(ctx context.Context, i *groupReset) (*body[OffsetChanges], error) {
		return asked(s.topics, func(t Topics) (OffsetChanges, error) {
			all, err := t.ResetGroup(ctx, i.ID, i.Body)
			return OffsetChanges{orEmpty(all)}, err
		})
	})
}

// asked asks a part, if it is there.
func asked[P, O any](part func() (P, error), ask func(P) (O, error)) (*body[O], error) {
	p, err := part()
	if err != nil {
		return nil, err
	}
	out, err := ask(p)
	return &body[O]{out}, err
}

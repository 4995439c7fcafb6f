package web

import "maru/web/internal/api"

// Ops are the endpoints that a server has.
func Ops(s *Server) []api.Op { return s.endpoints.Ops() }

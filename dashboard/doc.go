// Package dashboard answers what the pages of dashboards ask: the data of all
// tiles at once, and the texts of dashboards with their versions.
//
//	In:    a dashboard's spec, a range of time, values of its filters; edited specs with the ETag of what was read
//	Out:   columns of JSON for each tile, with comparison and usual range; specs, versions, annotations
//	Keeps: dashboard_version and dashboard_annotation in meta.db; answers in memory, up to a bound
//	Speaks: Go calls; SQL through Needs.SQL
//	Swap:  Grafana or Superset on the same views
//
// A statement is bound, executed and kept once, whoever asks: what is kept
// holds as long as the views that were read have no new rows, and longer for
// a range that is over.
package dashboard

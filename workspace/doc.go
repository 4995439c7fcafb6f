// Package workspace is what a person keeps between visits: preferences and
// open tabs, saved queries, and the history of what they ran.
//
// In: who asks, by the ID of their principal, and what is to be kept.
// Out: the same again; shared queries also to others.
// Keeps: workspace_preference, workspace_query and workspace_run in meta.db.
// Speaks: Go calls; JSON texts that it does not look into.
// Swap: a folder of .sql files in git, for the queries.
package workspace

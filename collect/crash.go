package collect

import "maru/collect/internal/tail"

// CrashPoints are the moments at which a crash must lose and double nothing.
// Needs.CrashPoint is called at each.
var CrashPoints = []string{
	CrashAfterResume, CrashBeforeAppend, CrashAfterAppend, CrashAfterAck,
	CrashBetweenTargets, CrashAfterGeneration, tail.CrashRotateDetected, tail.CrashTruncateDetected,
}

// The names.
const (
	CrashAfterResume     = "after_resume"                // the place was read back, nothing was sent
	CrashBeforeAppend    = "before_append"               // a batch is full and not sent
	CrashAfterAppend     = "after_append_before_ack"     // it was sent, and no answer has come
	CrashAfterAck        = "after_ack_before_checkpoint" // it has landed, and the collector has not noted that
	CrashBetweenTargets  = "between_targets"             // rows of one target were sent, those of the next were not
	CrashAfterGeneration = "after_generation"            // a file was read to its end, and the next was not opened
)

package cli

// verbs in the order of the overview: start, ask, the log, the streams, the
// rest.
func verbs() []*verb {
	return []*verb{
		initVerb(), checkVerb(), serveVerb(),
		sqlVerb(), tailVerb(),
		collectVerb(), produceVerb(), consumeVerb(),
		topicListVerb(), topicCreateVerb(), topicDescribeVerb(), topicDeleteVerb(),
		streamListVerb(), streamStatusVerb(), streamExplainVerb(), streamResetVerb(),
		genVerb(), doctorVerb(), versionVerb(), helpVerb(),
		workerVerb(), streamerVerb(),
	}
}

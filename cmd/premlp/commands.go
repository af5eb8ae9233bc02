package main

import "github.com/spf13/cobra"

// commands is every subcommand: the group of the help page it stands in and
// the function that makes it.
var commands = []struct {
	group string
	new   func(*env) *cobra.Command
}{
	{"model", newPull},
	{"model", newInspect},
	{"model", newTokenize},
	{"model", newGenerate},
	{"data", newRelated},
	{"data", newTemplates},
	{"data", newCollect},
	{"data", newVerify},
	{"data", newReproduce},
	{"data", newQuality},
	{"data", newExport},
	{"direction", newSteer},
	{"direction", newDirections},
	{"direction", newReadout},
	{"direction", newReport},
	{"direction", newStudy},
	{"measure", newStep},
	{"measure", newDump},
	{"measure", newParity},
	{"measure", newDiff},
	{"measure", newProfile},
	{"measure", newBench},
	{"job", newSubmit},
	{"job", newWorker},
	{"job", newJobs},
	{"job", newMerge},
	{"job", newQueueServer},
	{"job", newQueueKey},
	{"about", newVersion},
}

// groups are the headings of the help page, in order.
var groups = []struct{ id, title string }{
	{"model", "Models:"},
	{"data", "Datasets:"},
	{"direction", "Directions:"},
	{"measure", "Measuring and debugging:"},
	{"job", "Many machines:"},
	{"about", "About:"},
}

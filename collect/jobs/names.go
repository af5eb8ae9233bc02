package jobs

// blockName is where the block of a key is in the store.
func blockName(key string) string { return blockFolder(key[:2]) + key }

// blockFolder is where all blocks are whose keys begin with two digits.
func blockFolder(digits string) string { return "blocks/" + digits + "/" }

// fileName is where the file of a sha256 is.
func fileName(digest string) string { return "files/" + digest[:2] + "/" + digest }

// jobFolder is where the jobs' records are.
const jobFolder = "jobs/"

// jobName is where a job's record is.
func jobName(id string) string { return jobFolder + id }

// reportFolder is where the reports of a job's workers are.
func reportFolder(job string) string { return "workers/" + job + "/" }

// Package jobs makes one dataset on many machines. A job is a dataset's manifest
// and questions, cut into units: ranges of questions whose rows are computed and
// stored as one block. A block's name is the digest of everything that determines
// its bytes; so a unit may be computed twice, by any worker, and a job may be
// submitted again: what is there is there.
//
// Submit plans a job and queues its units, workers compute them into the store,
// and Merge adds the blocks in order to a dataset, through the same code, and to
// the same bytes, as a run of the plan on one machine.
//
// In the store are
//
//	blocks/ab/abcd…   blocks by key, see WriteBlock
//	files/12/1234…    other files by their sha256: manifests, questions, lists of
//	                  units, models
//	jobs/…            the jobs' records by their sha256, see Record
//	workers/JOB/NAME  what a worker last said of itself, see Report
package jobs

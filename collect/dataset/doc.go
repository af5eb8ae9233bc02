// Package dataset reads and writes the folder in which collect stores
// activations.
//
// A folder holds
//
//	manifest.json      what determines the bytes of everything else
//	questions.jsonl    one question a line: text, prompt, tokens, rows captured
//	rows-00000.msgpack the activations, in checked frames; one or more files
//	run.json           who made it, where and when: outside every comparison
//
// The bytes of the first three are a function of the manifest, the questions
// and the activations alone, so that two runs can be compared with cmp. The
// format is described in docs/dataset-format.md.
//
// A dataset is written by a [Writer] into DIR.partial, which becomes DIR only
// when it is complete. A run that was killed goes on with [Resume] and ends
// with the same bytes as an undisturbed one. A [Reader] maps the rows files
// into memory and hands out one layer of one question at a time.
package dataset

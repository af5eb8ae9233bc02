// Package study runs whole studies of concept directions, from questions to
// tables and pictures, so that their figures can be made again with one command.
//
// A study keeps all it makes in one folder: a dataset for each set of questions,
// the causal tests in finished parts, its result as JSON and Markdown, and its
// pictures. A run that was stopped goes on with what is there.
//
// [Countries24] is the study of 21 countries and 24 questions; each other study
// has a file of its name too.
package study

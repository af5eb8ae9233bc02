// Package collect makes the dataset of a concept: the activations of a language
// model, at chosen sites of every layer, at all tokens after the concept's last
// occurrence in each question.
//
// A Job states what is asked: a target concept and its controls in each of the
// templates, or questions of one's own, raw or in the model's chat form.
// BuildQuestions turns it into prompts, tokens and selected positions;
// CheckDesign proves them before any model runs. Prepare makes a Plan of them,
// whose Run writes a folder of package dataset. Verify checks such a folder and
// computes a sample of it again.
package collect

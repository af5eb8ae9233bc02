// Package tokenizer turns text into the token ids of language models and back,
// with the place of every token in the original text, and renders chat
// templates. It reads tokenizer.json files and the vocabularies of GGUF files,
// and gives the ids and offsets of the Hugging Face tokenizers library.
//
// The stages of the pipeline, in order: added tokens are found in the text
// (added.go); the parts between them are normalized (normalize.go, nfc.go) and
// cut into words (pretokenize.go; the split files hold the matchers of known
// patterns); the model turns words into tokens (bpe.go, merge.go); and the
// post-processor trims spans and adds special tokens (post.go).
package tokenizer

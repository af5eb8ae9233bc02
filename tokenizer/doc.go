// Package tokenizer turns text into the token ids of language models and back,
// with the place of every token in the original text, and renders chat
// templates. It reads tokenizer.json files and the vocabularies of GGUF files,
// and gives the ids and offsets of the Hugging Face tokenizers library; and
// tokenizer.model files, with those of the SentencePiece library.
//
// The stages of the pipeline, in order: added tokens are found in the text
// (added.go); the parts between them are normalized (normalize.go, nfc.go) and
// cut into words (pretokenize.go; the split files hold the matchers of known
// patterns); the model turns words into tokens (bpe.go, merge.go, unigram.go);
// and the post-processor trims spans and adds special tokens (post.go). A
// tokenizer.model has a normalizer and a decoder of its own
// (sentencepiece_text.go).
//
// A chat template is read by Jinja's rules (chat_lex.go, chat_expr.go), written
// anew for the template engine (chat_rewrite.go), and run with operators,
// filters and tests as strict as Python's and with bounded work (chat_guard.go).
package tokenizer

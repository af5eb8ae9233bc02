package tokenizer

import "fmt"

// family is what the name in tokenizer.ggml.pre stands for.
type family struct {
	normalizer   *component
	pretokenizer *component
	ignoreMerges bool
	addBOS       bool
	trim         bool // spans leave out spaces
}

// familyOf returns the pipeline of a name in tokenizer.ggml.pre. The names are
// llama.cpp's (src/llama-vocab.cpp); the pipelines are those of the models'
// own tokenizer.json, which llama.cpp approximates for some.
func familyOf(pre string) (family, error) {
	plain := func(stages ...component) family {
		return family{pretokenizer: &component{Type: "Sequence", Pretokenizers: stages}}
	}
	switch pre {
	case "llama3", "llama-v3", "llama-bpe", "falcon3", "falcon-h1", "pixtral", "midm-2.0", "lfm2":
		f := plain(split(llama3Pattern), byteLevel(false))
		f.ignoreMerges, f.addBOS = true, true
		return f, nil
	case "glm4", "glm5":
		f := plain(split(llama3Pattern), byteLevel(false))
		f.ignoreMerges = true
		return f, nil
	case "dbrx", "smaug-bpe", "chatglm-bpe":
		return plain(split(llama3Pattern), byteLevel(false)), nil
	case "tekken":
		f := plain(split(tekkenPattern), byteLevel(false))
		f.ignoreMerges, f.addBOS = true, true
		return f, nil
	case "gpt-4o", "llama4", "kanana2", "minimax-m2":
		return plain(split(gpt4oPattern), byteLevel(false)), nil
	case "gpt-2", "phi-2", "jais", "trillion", "exaone4", "granite-docling":
		return plain(byteLevel(true)), nil
	case "mpt", "olmo": // GPT-NeoX's vocabulary
		f := plain(byteLevel(true))
		f.normalizer, f.trim = &component{Type: "NFC"}, true
		return f, nil
	case "smollm", "starcoder", "refact", "command-r", "codeshell", "exaone", "minerva-7b", "mellum2":
		return plain(component{Type: "Digits", IndividualDigits: true}, byteLevel(true)), nil
	case "qwen2":
		f := plain(split(qwen2Pattern), byteLevel(false))
		f.normalizer = &component{Type: "NFC"}
		return f, nil
	case "qwen35":
		f := plain(split(qwen35Pattern), byteLevel(false))
		f.normalizer = &component{Type: "NFC"}
		return f, nil
	case "seed-coder":
		return plain(split(seedPattern), byteLevel(false)), nil
	case "deepseek-llm":
		return plain(split(newlinePattern), split(spacedCased), split(spacedASCIIPunct), split(trailingSpace),
			split(wideCJKPattern), component{Type: "Digits", IndividualDigits: true}, byteLevel(false)), nil
	case "deepseek-coder":
		return plain(split(newlinePattern), split(spacedLetters), split(spacedPunct),
			split(wideCJKPattern), component{Type: "Digits", IndividualDigits: true}, byteLevel(false)), nil
	case "deepseek-r1-qwen", "megrez", "stablelm2", "hunyuan", "solar-open", "grok-2":
		return plain(split(qwen2Pattern), byteLevel(false)), nil
	case "deepseek-v3", "hunyuan-dense", "joyai-llm":
		return plain(split(digits3Pattern), split(cjkPattern), split(deepseekPattern), byteLevel(false)), nil
	case "falcon":
		return plain(component{Type: "Punctuation", Behavior: "Contiguous"}, byteLevel(true),
			component{Type: "Digits"}, split(falcon3Digits)), nil
	case "bloom", "poro-chat", "gpt3-finnish":
		return plain(split(bloomFlat), byteLevel(false)), nil
	case "viking":
		return plain(split(bloomFlat), split(digitPattern), byteLevel(false)), nil
	}
	return family{}, fmt.Errorf("pre: want the name of a known pre-tokenizer, have %q", pre)
}

func split(regex string) component {
	return component{Type: "Split", Pattern: &pattern{Regex: &regex}, Behavior: "Isolated"}
}

func byteLevel(useRegex bool) component {
	no := false
	return component{Type: "ByteLevel", AddPrefixSpace: &no, UseRegex: &useRegex}
}

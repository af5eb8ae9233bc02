// Package facts reads files of facts: concepts with what is known of them, the
// questions that ask for it, and how a model is made to begin its answer. Such a
// file is what a causal test of directions needs (package steering).
//
// A file is one JSON object:
//
//	{
//	  "about": "what this is",                          optional
//	  "countries": [                                    or "concepts"; at least two
//	    {"name": "France", "capital": "Paris", …},      name and facts, all texts
//	    {"name": "Kenya", "capital": "Nairobi", …}      the same facts of each
//	  ],
//	  "templates": [{"text": "What food is {concept} known for?", "seed": false}],
//	  "folds": [0],                                     optional: one of each template
//	  "descriptions": {"capital": "the country whose capital is {capital}"},
//	  "answers": {                                      facts that are asked for
//	    "capital": {"question": "What is the capital of {concept}?", "prefix": "The capital is"}
//	  }
//	}
//
// The prefix is put at the beginning of the model's answer; the fact follows it
// after a space. "templates", "folds" and "descriptions" are for the study of
// directions and may be left out. Other keys, a key given twice, a name given
// twice, and texts without their place ({concept}, or {fact} in the description
// by that fact) are errors.
package facts

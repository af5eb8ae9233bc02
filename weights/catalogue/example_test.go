package catalogue_test

import (
	"errors"
	"fmt"

	"premlp/weights/catalogue"
)

func ExampleLocate() {
	_, err := catalogue.Locate("smolm2-135")
	var unknown *catalogue.UnknownError
	if errors.As(err, &unknown) {
		fmt.Println("unknown; near:", unknown.Near)
	}
	// Output: unknown; near: [smollm2-135m]
}

func ExampleLookup() {
	entry, _ := catalogue.Lookup("smollm2-135m")
	fmt.Println(entry.File, entry.Licence)
	// Output: SmolLM2-135M-Instruct.Q4_1.gguf Apache-2.0
}

package collect

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
)

// maxTextFile bounds the files of templates, controls and questions.
const maxTextFile = 256 << 20

// readText reads a text file of bounded size without its byte order mark.
func readText(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxTextFile+1))
	if err == nil && len(data) > maxTextFile {
		err = fmt.Errorf("%s: want at most %d bytes", path, maxTextFile)
	}
	return bytes.TrimPrefix(data, []byte("\ufeff")), err
}

// maxListed is how many problems one error lists.
const maxListed = 20

// joinSome joins problems into one error that lists the first of them.
func joinSome(problems []error) error {
	if n := len(problems) - maxListed; n > 0 {
		problems = append(problems[:maxListed:maxListed], fmt.Errorf("and %d more", n))
	}
	return errors.Join(problems...)
}

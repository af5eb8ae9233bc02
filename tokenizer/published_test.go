package tokenizer

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// TestPublishedTemplates compares with transformers' renderings of published
// templates (testdata/chat/published.py): PREMLP_CHAT_TEMPLATES names the
// folder of the templates, whose texts are not part of this repository.
func TestPublishedTemplates(t *testing.T) {
	dir := os.Getenv("PREMLP_CHAT_TEMPLATES")
	if dir == "" {
		t.Skip("PREMLP_CHAT_TEMPLATES names no folder of chat templates")
	}
	var golden struct {
		Now           time.Time
		Tokens        map[string]string
		Conversations [][]Message
		Templates     []struct {
			Name, SHA256 string
			Renderings   []struct{ SHA256, Error string }
		}
	}
	readJSON(t, "testdata/chat/published.json", &golden)
	same, failed, refused := 0, 0, 0
	for _, c := range golden.Templates {
		source, err := os.ReadFile(filepath.Join(dir, c.Name+".jinja"))
		if err != nil {
			t.Fatal(err)
		}
		if have := hexDigest(source); have != c.SHA256 {
			t.Fatalf("%s: want the template %s, have %s", c.Name, c.SHA256, have)
		}
		for i, want := range c.Renderings {
			text, err := renderChat(string(source), golden.Tokens, golden.Conversations[i], true, golden.Now)
			switch {
			case err != nil && want.Error == "":
				t.Logf("%s, conversation %d: refused: %v", c.Name, i, err)
				refused++
			case err == nil && want.Error != "":
				t.Errorf("%s, conversation %d: want error %q, have %q", c.Name, i, want.Error, text)
			case err != nil:
				failed++
			case hexDigest([]byte(text)) != want.SHA256:
				t.Errorf("%s, conversation %d: want another text than %q", c.Name, i, text)
			default:
				same++
			}
		}
	}
	t.Logf("%d templates: %d renderings equal, %d fail as they should, %d refused", len(golden.Templates), same, failed, refused)
}

func hexDigest(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

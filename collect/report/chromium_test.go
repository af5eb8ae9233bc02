package report

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"image"
	"image/png"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"
	"time"
)

// chromium is a headless browser with one page, spoken to over two pipes:
// https://chromedevtools.github.io/devtools-protocol/.
type chromium struct {
	t       *testing.T
	to      io.Writer
	from    *bufio.Reader
	last    int    // id of a call
	session string // of the page
	loaded  bool
	console []string // everything said, and every error
}

// message is what the browser sends: an answer or an event.
type message struct {
	ID     int             `json:"id"`
	Method string          `json:"method"`
	Params json.RawMessage `json:"params"`
	Result json.RawMessage `json:"result"`
	Error  *struct{ Message string }
}

// startChromium starts a browser, which ends with the test.
func startChromium(t *testing.T) *chromium {
	t.Helper()
	if testing.Short() {
		t.Skip("starts a browser")
	}
	if runtime.GOOS == "windows" {
		t.Skip("a browser is spoken to over inherited files, which Windows has not")
	}
	program := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			program = path
			break
		}
	}
	if program == "" {
		t.Skip("no chromium is installed")
	}
	theirIn, ourOut, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	ourIn, theirOut, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	c := exec.Command(program, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
		"--remote-debugging-pipe", "--user-data-dir="+t.TempDir(), "about:blank")
	c.ExtraFiles = []*os.File{theirIn, theirOut} // descriptors 3 and 4
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	theirIn.Close()
	theirOut.Close()
	watch := time.AfterFunc(2*time.Minute, func() { c.Process.Kill() }) // a read or Wait then ends
	b := &chromium{t: t, to: ourOut, from: bufio.NewReader(ourIn)}
	t.Cleanup(func() {
		watch.Stop()
		fmt.Fprintf(ourOut, "{\"id\":%d,\"method\":\"Browser.close\"}\x00", b.last+1) // it may have ended
		c.Wait()                                                                      // its status says nothing of the page
		ourOut.Close()
		ourIn.Close()
	})
	var target struct{ TargetID string }
	var session struct{ SessionID string }
	b.call("Target.createTarget", map[string]any{"url": "about:blank"}, &target)
	b.call("Target.attachToTarget", map[string]any{"targetId": target.TargetID, "flatten": true}, &session)
	b.session = session.SessionID
	for _, part := range []string{"Page", "Runtime", "Log", "Accessibility"} {
		b.call(part+".enable", nil, nil)
	}
	return b
}

// call sends a command and waits for its answer.
func (b *chromium) call(method string, params, result any) {
	b.t.Helper()
	b.last++
	text, err := json.Marshal(map[string]any{"id": b.last, "method": method, "params": params})
	if b.session != "" {
		text, err = json.Marshal(map[string]any{"id": b.last, "method": method, "params": params, "sessionId": b.session})
	}
	if err == nil {
		_, err = b.to.Write(append(text, 0))
	}
	if err != nil {
		b.t.Fatal(err)
	}
	for {
		m := b.receive()
		if m.ID != b.last {
			continue
		}
		if m.Error != nil {
			b.t.Fatalf("%s: %s", method, m.Error.Message)
		}
		if result != nil {
			if err := json.Unmarshal(m.Result, result); err != nil {
				b.t.Fatalf("%s: %v", method, err)
			}
		}
		return
	}
}

// receive takes the next message and notes what events say.
func (b *chromium) receive() message {
	b.t.Helper()
	text, err := b.from.ReadBytes(0)
	if err != nil {
		b.t.Fatalf("the browser ended: %v", err)
	}
	var m message
	if err := json.Unmarshal(bytes.TrimSuffix(text, []byte{0}), &m); err != nil {
		b.t.Fatal(err)
	}
	switch m.Method {
	case "Page.loadEventFired":
		b.loaded = true
	case "Runtime.consoleAPICalled", "Runtime.exceptionThrown", "Log.entryAdded":
		b.console = append(b.console, string(m.Params))
	}
	return m
}

// open loads a file at a width, light or dark, and waits until it has loaded.
func (b *chromium) open(file string, width int, scheme string) {
	b.t.Helper()
	b.call("Emulation.setDeviceMetricsOverride", map[string]any{"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 600}, nil)
	b.call("Emulation.setEmulatedMedia", map[string]any{"features": []map[string]string{{"name": "prefers-color-scheme", "value": scheme}}}, nil)
	b.loaded = false
	b.call("Page.navigate", map[string]any{"url": "file://" + file}, nil)
	for !b.loaded {
		b.receive()
	}
}

// eval runs an expression in the page.
func (b *chromium) eval(expression string, result any) {
	b.t.Helper()
	var r struct {
		Result           struct{ Value json.RawMessage }
		ExceptionDetails json.RawMessage
	}
	b.call("Runtime.evaluate", map[string]any{"expression": expression, "returnByValue": true, "awaitPromise": true}, &r)
	if r.ExceptionDetails != nil {
		b.t.Fatalf("%s: %s", expression, r.ExceptionDetails)
	}
	if result != nil {
		if err := json.Unmarshal(r.Result.Value, result); err != nil {
			b.t.Fatalf("%s: %v in %s", expression, err, r.Result.Value)
		}
	}
}

// key presses and releases a key.
func (b *chromium) key(name string, code int) {
	b.t.Helper()
	for _, kind := range []string{"rawKeyDown", "keyUp"} {
		b.call("Input.dispatchKeyEvent", map[string]any{"type": kind, "key": name, "code": name, "windowsVirtualKeyCode": code}, nil)
	}
}

// box is a place of the page, in its pixels.
type box struct{ X, Y, Width, Height float64 }

// shot is a picture of a place.
func (b *chromium) shot(at box) image.Image {
	b.t.Helper()
	var r struct{ Data string }
	b.call("Page.captureScreenshot", map[string]any{
		"format": "png", "captureBeyondViewport": true,
		"clip": map[string]any{"x": at.X, "y": at.Y, "width": at.Width, "height": at.Height, "scale": 1},
	}, &r)
	picture, err := png.Decode(base64.NewDecoder(base64.StdEncoding, strings.NewReader(r.Data)))
	if err != nil {
		b.t.Fatal(fmt.Errorf("screenshot: %w", err))
	}
	return picture
}

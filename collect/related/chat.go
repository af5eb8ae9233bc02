package related

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// maxAnswer bounds what is read of one answer, in bytes.
const maxAnswer = 1 << 20

// chatRequest is the body of a request.
type chatRequest struct {
	Model       string        `json:"model,omitempty"`
	Messages    []chatMessage `json:"messages"`
	Temperature float64       `json:"temperature"`
	Seed        uint64        `json:"seed"`
	MaxTokens   int           `json:"max_tokens"`
}

type chatMessage struct {
	Role    string `json:"role"`
	Content string `json:"content"`
}

// chatResponse is what is read of an answer.
type chatResponse struct {
	Model   string `json:"model"`
	Choices []struct {
		Message struct {
			Content *string `json:"content"`
		} `json:"message"`
	} `json:"choices"`
}

// try sends a request once. Neither its error nor the text holds the key.
func (e Endpoint) try(ctx context.Context, address *url.URL, body chatRequest) (text, name string, err error) {
	data, err := json.Marshal(body)
	if err != nil {
		return "", "", err
	}
	timeout := e.Timeout
	if timeout == 0 {
		timeout = DefaultTimeout
	}
	within, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	request, err := http.NewRequestWithContext(within, http.MethodPost, address.String(), bytes.NewReader(data))
	if err != nil {
		return "", "", err
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Accept", "application/json")
	if e.Key != "" {
		request.Header.Set("Authorization", "Bearer "+e.Key)
	}
	// A redirect could carry the key elsewhere.
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	response, err := client.Do(request)
	if err != nil {
		return "", "", &retryError{error: e.reason(err, within, timeout)}
	}
	defer response.Body.Close()
	data, err = io.ReadAll(io.LimitReader(response.Body, maxAnswer+1))
	switch {
	case err != nil:
		return "", "", &retryError{error: e.reason(err, within, timeout)}
	case len(data) > maxAnswer:
		return "", "", fmt.Errorf("want an answer of at most %d bytes, have more", maxAnswer)
	case response.StatusCode != http.StatusOK:
		err := fmt.Errorf("status %s: %s", e.hide(response.Status), e.excerpt(data))
		if passing(response.StatusCode) {
			return "", "", &retryError{err, retryAfter(response.Header.Get("Retry-After"), time.Now())}
		}
		return "", "", err
	}
	text, name, err = parseResponse(data)
	if err != nil {
		return "", "", fmt.Errorf("%w: %s", err, e.excerpt(data))
	}
	return e.hide(text), e.hide(name), nil
}

// parseResponse returns an answer's text and the model's name.
func parseResponse(data []byte) (text, name string, err error) {
	var r chatResponse
	switch err := json.Unmarshal(data, &r); {
	case !utf8.Valid(data):
		return "", "", errors.New("want an answer in UTF-8")
	case err != nil:
		return "", "", errors.New("want a chat completion in JSON")
	case len(r.Choices) == 0 || r.Choices[0].Message.Content == nil:
		return "", "", errors.New("want choices[0].message.content")
	case strings.TrimSpace(*r.Choices[0].Message.Content) == "":
		return "", "", errors.New("want an answer, have an empty one")
	}
	return *r.Choices[0].Message.Content, r.Model, nil
}

// reason is the cause of a failed exchange without the address, whose query may
// be secret.
func (e Endpoint) reason(err error, within context.Context, timeout time.Duration) error {
	if errors.Is(within.Err(), context.DeadlineExceeded) {
		return fmt.Errorf("want an answer within %v, have none", timeout)
	}
	var where *url.Error
	if errors.As(err, &where) {
		err = where.Err
	}
	return errors.New(e.hide(err.Error()))
}

// excerpt is the beginning of an answer on one line.
func (e Endpoint) excerpt(data []byte) string {
	const most = 300
	text := strings.Join(strings.Fields(e.hide(strings.ToValidUTF8(string(data), "\ufffd"))), " ")
	if len(text) > most {
		text = strings.ToValidUTF8(text[:most], "") + " …"
	}
	return strconv.Quote(text)
}

// hide takes the key out of a text that a server may have put it into.
func (e Endpoint) hide(text string) string {
	if e.Key == "" {
		return text
	}
	return strings.ReplaceAll(text, e.Key, "[key]")
}

// retryAfter reads the header of that name: seconds, or a date. 0 where it is
// neither.
func retryAfter(value string, now time.Time) time.Duration {
	if seconds, err := strconv.ParseUint(value, 10, 31); err == nil {
		return time.Duration(seconds) * time.Second
	}
	if at, err := http.ParseTime(value); err == nil {
		return max(at.Sub(now), 0)
	}
	return 0
}

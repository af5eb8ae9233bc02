package weights

import (
	"encoding/json"
	"fmt"
	"strconv"
)

// The functions of this file read JSON that json.Valid has accepted. They are
// stricter than encoding/json's Unmarshal: no key twice, no other letter case,
// no null.

// eachKey reads an object and calls value for each of its keys, with d standing
// before the key's value. Errors name the key.
func eachKey(d *json.Decoder, value func(key string) error) error {
	if err := delim(d, '{', "an object"); err != nil {
		return err
	}
	seen := map[string]bool{}
	for d.More() {
		token, err := d.Token()
		if err != nil {
			return err
		}
		key := token.(string)
		if seen[key] {
			return fmt.Errorf("%s: given twice", quote(key))
		}
		seen[key] = true
		if err := value(key); err != nil {
			return fmt.Errorf("%s: %w", quote(key), err)
		}
	}
	_, err := d.Token()
	return err
}

// stringValue reads a string.
func stringValue(d *json.Decoder) (string, error) {
	token, err := d.Token()
	if err != nil {
		return "", err
	}
	s, ok := token.(string)
	if !ok {
		return "", fmt.Errorf("want a string, have %s", kind(token))
	}
	return s, nil
}

// intValues reads an array of at most most non-negative integers.
func intValues(d *json.Decoder, most int) ([]int, error) {
	if err := delim(d, '[', "an array"); err != nil {
		return nil, err
	}
	list := []int{}
	for d.More() {
		token, err := d.Token()
		if err != nil {
			return nil, err
		}
		number, ok := token.(json.Number)
		if !ok {
			return nil, fmt.Errorf("want integers, have %s", kind(token))
		}
		n, err := strconv.ParseUint(number.String(), 10, strconv.IntSize-1)
		if err != nil {
			return nil, fmt.Errorf("want integers from 0 to 2^%d-1, have %.32s", strconv.IntSize-1, number)
		}
		if len(list) == most {
			return nil, fmt.Errorf("want at most %d numbers, have more", most)
		}
		list = append(list, int(n))
	}
	_, err := d.Token()
	return list, err
}

// skipValue reads past any value.
func skipValue(d *json.Decoder) error {
	for depth := 0; ; {
		token, err := d.Token()
		if err != nil {
			return err
		}
		switch token {
		case json.Delim('{'), json.Delim('['):
			depth++
		case json.Delim('}'), json.Delim(']'):
			depth--
		}
		if depth == 0 {
			return nil
		}
	}
}

func delim(d *json.Decoder, open json.Delim, what string) error {
	token, err := d.Token()
	if err != nil {
		return err
	}
	if token != open {
		return fmt.Errorf("want %s, have %s", what, kind(token))
	}
	return nil
}

// kind names a token for an error text.
func kind(token json.Token) string {
	switch t := token.(type) {
	case json.Delim:
		if t == '{' {
			return "an object"
		}
		return "an array"
	case string:
		return "a string"
	case json.Number:
		return "a number"
	case bool:
		return "a boolean"
	}
	return "null"
}

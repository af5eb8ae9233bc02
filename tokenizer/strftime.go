package tokenizer

import (
	"fmt"
	"strings"
	"time"
)

// strftime formats a time as Python's datetime.strftime does in the C locale.
// A minus after the percent sign leaves out padding.
func strftime(format string, at time.Time) (string, error) {
	var b strings.Builder
	for i := 0; i < len(format); i++ {
		if format[i] != '%' {
			b.WriteByte(format[i])
			continue
		}
		bare := i+1 < len(format) && format[i+1] == '-'
		if bare {
			i++
		}
		if i++; i == len(format) {
			return "", fmt.Errorf("strftime_now: want a directive after %%, have none")
		}
		text, err := directive(format[i], at)
		if err != nil {
			return "", err
		}
		if bare && len(text) > 1 {
			text = strings.TrimLeft(text[:len(text)-1], "0 ") + text[len(text)-1:]
		}
		b.WriteString(text)
	}
	return b.String(), nil
}

// layouts are the directives that Go's time formats know.
var layouts = map[byte]string{
	'a': "Mon", 'A': "Monday", 'b': "Jan", 'B': "January", 'h': "Jan",
	'd': "02", 'e': "_2", 'H': "15", 'I': "03", 'm': "01", 'M': "04", 'p': "PM",
	'S': "05", 'y': "06", 'Z': "MST", 'z': "-0700",
	'c': "Mon Jan _2 15:04:05 2006", 'x': "01/02/06", 'X': "15:04:05",
	'D': "01/02/06", 'F': "2006-01-02", 'R': "15:04", 'T': "15:04:05",
}

func directive(d byte, at time.Time) (string, error) {
	if layout, ok := layouts[d]; ok {
		return at.Format(layout), nil
	}
	switch d {
	case 'Y':
		return fmt.Sprint(at.Year()), nil
	case 'j':
		return fmt.Sprintf("%03d", at.YearDay()), nil
	case 'f':
		return fmt.Sprintf("%06d", at.Nanosecond()/1000), nil
	case 'w':
		return fmt.Sprint(int(at.Weekday())), nil
	case 'u':
		return fmt.Sprint((int(at.Weekday())+6)%7 + 1), nil
	case '%', 'n', 't':
		return map[byte]string{'%': "%", 'n': "\n", 't': "\t"}[d], nil
	}
	return "", fmt.Errorf("strftime_now: want a directive of strftime, have %%%c", d)
}

package collect

import "strings"

// stopper looks for the first of several texts in one that comes in pieces.
type stopper struct {
	texts []string
	held  string // may be the begin of one
	found bool
}

// add takes the next piece and returns what can be passed on: what lies before
// the stop text, if it was found, else what cannot be part of one.
func (s *stopper) add(piece string) (text string, found bool) {
	if s.found {
		return "", true
	}
	s.held += piece
	end := len(s.held)
	for _, stop := range s.texts {
		if at := strings.Index(s.held, stop); at >= 0 && at < end {
			end, s.found = at, true
		}
	}
	if !s.found {
		end -= s.begun()
	}
	text, s.held = s.held[:end], s.held[end:]
	return text, s.found
}

// begun returns the length of the longest end of what is held that a stop text
// begins with.
func (s *stopper) begun() int {
	longest := 0
	for _, stop := range s.texts {
		for n := min(len(stop)-1, len(s.held)); n > longest; n-- {
			if strings.HasSuffix(s.held, stop[:n]) {
				longest = n
			}
		}
	}
	return longest
}

// flush takes the last piece and returns all that was held.
func (s *stopper) flush(piece string) string {
	text, found := s.add(piece)
	if found {
		return text
	}
	text, s.held = text+s.held, ""
	return text
}

package main

// stages shows one bar after another, for work that goes through several
// steps one at a time.
type stages struct {
	env  *env
	unit string // "": bytes
	name string
	bar  *progress
}

// set says how far the stage called name is, in the unit.
func (s *stages) set(name string, done, total int64) {
	if s.bar == nil || name != s.name {
		s.close()
		unit := s.unit
		if unit == "" {
			unit = unitBytes
		}
		s.name, s.bar = name, s.env.Progress(name, unit, total)
	}
	s.bar.Set(done, total)
}

func (s *stages) close() {
	if s.bar != nil {
		s.bar.Close()
		s.bar = nil
	}
}

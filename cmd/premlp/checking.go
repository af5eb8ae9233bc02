package main

// checking shows how far the checks of a job's questions are, if there are so
// many that it takes a while.
type checking struct {
	env *env
	bar *progress
}

// set says that done of total questions are checked.
func (c *checking) set(done, total int) {
	const many = 5000 // half a second
	if c.bar == nil {
		if total < many {
			return
		}
		c.bar = c.env.Progress("checking", "questions", int64(total))
	}
	c.bar.Set(int64(done), int64(total))
}

func (c *checking) close() {
	if c.bar != nil {
		c.bar.Close()
	}
}

package queue

import "container/list"

// fifo is a queue of values; its zero value is empty.
type fifo[T any] struct{ l list.List }

// push adds v at the end and returns its place, for remove.
func (f *fifo[T]) push(v T) *list.Element { return f.l.PushBack(v) }

func (f *fifo[T]) pushFront(v T) { f.l.PushFront(v) }

// pop takes the first value, if there is one.
func (f *fifo[T]) pop() (v T, ok bool) {
	e := f.l.Front()
	if e == nil {
		return v, false
	}
	return f.l.Remove(e).(T), true
}

// remove takes out what push added; nothing where it is gone.
func (f *fifo[T]) remove(place *list.Element) { f.l.Remove(place) }

func (f *fifo[T]) len() int { return f.l.Len() }

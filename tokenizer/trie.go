package tokenizer

import "sort"

// trie finds the texts of a set that start at a place of another text.
type trie struct{ nodes []trieNode }

// trieNode's children are by byte, in order. Node 0 is the root. value is
// the text's own plus one; 0 marks the middle of texts.
type trieNode struct {
	bytes    []byte
	children []int32
	value    int32
}

// add enters a text, which is not empty. It reports whether it was new; if not
// the old value stays.
func (t *trie) add(text string, value int32) bool {
	if t.nodes == nil {
		t.nodes = make([]trieNode, 1)
	}
	at := int32(0)
	for _, b := range []byte(text) {
		next, ok := t.child(at, b)
		if !ok {
			next = int32(len(t.nodes))
			n := &t.nodes[at]
			i := sort.Search(len(n.bytes), func(i int) bool { return n.bytes[i] > b })
			n.bytes = append(n.bytes[:i], append([]byte{b}, n.bytes[i:]...)...)
			n.children = append(n.children[:i], append([]int32{next}, n.children[i:]...)...)
			t.nodes = append(t.nodes, trieNode{})
		}
		at = next
	}
	if t.nodes[at].value != 0 {
		return false
	}
	t.nodes[at].value = value + 1
	return true
}

func (t *trie) child(at int32, b byte) (int32, bool) {
	n := &t.nodes[at]
	low, high := 0, len(n.bytes)
	for low < high {
		if middle := (low + high) / 2; n.bytes[middle] < b {
			low = middle + 1
		} else {
			high = middle
		}
	}
	if low < len(n.bytes) && n.bytes[low] == b {
		return n.children[low], true
	}
	return 0, false
}

// longest returns the value of the longest text at s[i] and its end, or -1.
func (t *trie) longest(s string, i int) (value int32, end int) {
	value, end = -1, i
	if t.nodes == nil {
		return value, end
	}
	at := int32(0)
	for j := i; j < len(s); j++ {
		next, ok := t.child(at, s[j])
		if !ok {
			break
		}
		at = next
		if v := t.nodes[at].value; v > 0 {
			value, end = v-1, j+1
		}
	}
	return value, end
}

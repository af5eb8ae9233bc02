package drawing

import (
	"cmp"
	"math"
	"slices"
	"unicode/utf8"
)

// The measures of a picture, in pixels.
const (
	letter     = 6.6 // width of a letter, a little more than most have
	line       = 15  // height of a line of text
	padding    = 9   // around text
	gapAcross  = 26  // between boxes of one rank
	gapDown    = 34  // between ranks
	laneWidth  = 16  // that an edge takes on its way past a rank
	margin     = 28  // around everything
	titleSpace = 34
)

// point is a place in a rank: a node's box, or that of an edge on its way past.
type point struct {
	node          *drawn // nil: an edge passes
	rank          int
	width, height float64
	x, y          float64 // of the middle
	up, down      []*point
	path          []*point // of an edge that passes: from node to node
}

// layout places nodes in ranks, inputs above those that read them: Sugiyama, Tagawa
// and Toda, "Methods for visual understanding of hierarchical system structures",
// 1981, with places within a rank by barycentres.
type layout struct {
	ranks         [][]*point
	points        map[string]*point // by key
	paths         [][]*point        // of edges, from node to node
	width, height float64
}

func newLayout(nodes []drawn) *layout {
	l := &layout{points: map[string]*point{}}
	for i := range nodes {
		n := &nodes[i]
		p := &point{node: n}
		p.width, p.height = boxSize(n)
		for _, in := range n.Inputs {
			p.rank = max(p.rank, l.points[in].rank+1)
		}
		l.points[n.Key] = p
	}
	l.lower(nodes)
	for i := range nodes {
		l.place(l.points[nodes[i].Key])
	}
	for i := range nodes {
		for _, in := range nodes[i].Inputs {
			l.connect(l.points[in], l.points[nodes[i].Key])
		}
	}
	for range 12 {
		l.order((*point).above, false)
		l.order((*point).below, true)
	}
	l.across()
	l.downwards()
	return l
}

// boxSize is the size of a node's box and of its tags below.
func boxSize(n *drawn) (width, height float64) {
	lines, letters := n.lines(), 0
	for _, text := range lines {
		letters = max(letters, utf8.RuneCountInString(text))
	}
	tags := 0.0
	for _, t := range n.tags() {
		tags += tagWidth(t) + 4
	}
	height = float64(len(lines))*line + 2*padding - 4
	if tags > 0 {
		height += line + 4
	}
	return max(float64(letters)*letter, tags) + 2*padding, height
}

// tagWidth is the width of a site's name in its box.
func tagWidth(text string) float64 { return float64(utf8.RuneCountInString(text))*letter + 10 }

// lower moves nodes without inputs down to just above the first that reads them.
func (l *layout) lower(nodes []drawn) {
	first := map[string]int{}
	for i := range nodes {
		for _, in := range nodes[i].Inputs {
			rank := l.points[nodes[i].Key].rank
			if at, ok := first[in]; !ok || rank < at {
				first[in] = rank
			}
		}
	}
	for i := range nodes {
		if rank, ok := first[nodes[i].Key]; ok && len(nodes[i].Inputs) == 0 {
			l.points[nodes[i].Key].rank = rank - 1
		}
	}
}

// place puts a point at the end of its rank.
func (l *layout) place(p *point) {
	for len(l.ranks) <= p.rank {
		l.ranks = append(l.ranks, nil)
	}
	l.ranks[p.rank] = append(l.ranks[p.rank], p)
}

// connect lays an edge, with a point in every rank that it passes.
func (l *layout) connect(from, to *point) {
	path, last := []*point{from}, from
	for rank := from.rank + 1; rank <= to.rank; rank++ {
		next := to
		if rank < to.rank {
			next = &point{rank: rank, width: laneWidth}
			l.place(next)
		}
		last.down, next.up = append(last.down, next), append(next.up, last)
		path, last = append(path, next), next
	}
	for _, p := range path[1 : len(path)-1] {
		p.path = path
	}
	l.paths = append(l.paths, path)
}

func (p *point) above() []*point { return p.up }
func (p *point) below() []*point { return p.down }

// order sorts each rank by the mean place of the neighbours in the rank before.
func (l *layout) order(neighbours func(*point) []*point, upwards bool) {
	for i := range l.ranks {
		rank := l.ranks[i]
		if upwards {
			rank = l.ranks[len(l.ranks)-1-i]
		}
		slices.SortStableFunc(rank, func(a, b *point) int {
			return cmp.Compare(meanX(neighbours(a), a.x), meanX(neighbours(b), b.x))
		})
		for place, p := range rank {
			p.x = float64(place) - float64(len(rank)-1)/2
		}
	}
}

// meanX is the mean x of points, or otherwise where there is none.
func meanX(points []*point, otherwise float64) float64 {
	if len(points) == 0 {
		return otherwise
	}
	sum := 0.0
	for _, p := range points {
		sum += p.x
	}
	return sum / float64(len(points))
}

// across gives points their x: near their neighbours, without leaving the order.
func (l *layout) across() {
	for _, rank := range l.ranks {
		spread(rank, make([]float64, len(rank)))
	}
	for range 100 {
		for _, rank := range l.ranks {
			wanted := make([]float64, len(rank))
			for i, p := range rank {
				wanted[i] = p.wanted()
			}
			spread(rank, wanted)
		}
	}
	left, right := 0.0, 0.0
	for _, p := range l.all() {
		left, right = min(left, p.x-p.width/2), max(right, p.x+p.width/2)
	}
	for _, p := range l.all() {
		p.x += margin - left
	}
	l.width = right - left + 2*margin
}

// wanted is where a point would best stand. A box: between those it is joined to,
// and a little nearer to the middle of the picture, so that what all passes through
// is a straight line. An edge on its way past: in a straight lane, which stands where
// it has to give way most.
func (p *point) wanted() float64 {
	if p.node == nil {
		last := len(p.path) - 1
		ends := (p.path[0].x + p.path[last].x) / 2
		far := p.path[1].x
		for _, q := range p.path[1:last] {
			if math.Abs(q.x-ends) > math.Abs(far-ends) {
				far = q.x
			}
		}
		return 0.98*far + 0.02*ends
	}
	near := slices.Concat(p.up, p.down)
	boxes := slices.DeleteFunc(slices.Clone(near), func(q *point) bool { return q.node == nil })
	return 0.8 * meanX(boxes, meanX(near, p.x))
}

// weight is how much a point resists being moved: edges give way to boxes.
func (p *point) weight() float64 {
	if p.node == nil {
		return 1
	}
	return 50
}

// spread places a rank's points as near to wanted places as their widths allow, by
// least squares: neighbours that would overlap are moved as one.
func spread(rank []*point, wanted []float64) {
	type run struct { // points moved as one
		sum, weight float64 // of wanted places less the widths before
		count       int
	}
	var runs []run
	offsets := make([]float64, len(rank))
	for i, p := range rank {
		if i > 0 {
			offsets[i] = offsets[i-1] + (rank[i-1].width+p.width)/2 + gapAcross
		}
		runs = append(runs, run{(wanted[i] - offsets[i]) * p.weight(), p.weight(), 1})
		for n := len(runs); n > 1 && runs[n-2].sum/runs[n-2].weight > runs[n-1].sum/runs[n-1].weight; n-- {
			a, b := runs[n-2], runs[n-1]
			runs = append(runs[:n-2], run{a.sum + b.sum, a.weight + b.weight, a.count + b.count})
		}
	}
	i := 0
	for _, r := range runs {
		for range r.count {
			rank[i].x = r.sum/r.weight + offsets[i]
			i++
		}
	}
}

// downwards gives points their y.
func (l *layout) downwards() {
	y := float64(margin + titleSpace)
	for _, rank := range l.ranks {
		height := 0.0
		for _, p := range rank {
			height = max(height, p.height)
		}
		for _, p := range rank {
			p.y = y + height/2
			if p.node == nil {
				p.height = height
			}
		}
		y += height + gapDown
	}
	l.height = y - gapDown + margin
}

// all lists the points.
func (l *layout) all() []*point { return slices.Concat(l.ranks...) }

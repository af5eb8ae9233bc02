package ptx

// specialID is a special register.
type specialID uint8

const (
	tidX specialID = iota
	tidY
	tidZ
	ntidX
	ntidY
	ntidZ
	ctaidX
	ctaidY
	ctaidZ
	nctaidX
	nctaidY
	nctaidZ
	laneID
	warpID
	nwarpID
	lanemaskEQ
	lanemaskLT
	lanemaskLE
	lanemaskGT
	lanemaskGE
	dynamicShared
	totalShared
	zeroSpecial // %smid, %gridid, %clock: one there is
)

var specialIDs = map[string]specialID{
	"%tid.x": tidX, "%tid.y": tidY, "%tid.z": tidZ,
	"%ntid.x": ntidX, "%ntid.y": ntidY, "%ntid.z": ntidZ,
	"%ctaid.x": ctaidX, "%ctaid.y": ctaidY, "%ctaid.z": ctaidZ,
	"%nctaid.x": nctaidX, "%nctaid.y": nctaidY, "%nctaid.z": nctaidZ,
	"%laneid": laneID, "%warpid": warpID, "%nwarpid": nwarpID,
	"%lanemask_eq": lanemaskEQ, "%lanemask_lt": lanemaskLT, "%lanemask_le": lanemaskLE,
	"%lanemask_gt": lanemaskGT, "%lanemask_ge": lanemaskGE,
	"%dynamic_smem_size": dynamicShared, "%total_smem_size": totalShared,
	"%smid": zeroSpecial, "%gridid": zeroSpecial, "%clock": zeroSpecial, "%clock64": zeroSpecial, "%globaltimer": zeroSpecial,
}

// fillSpecials writes the special registers of a warp of a block.
func (w *warp) fillSpecials() {
	b := w.block
	for _, s := range b.kernel.specials {
		r := &w.rows[s.row]
		for lane := range r {
			r[lane] = w.special(s.id, lane)
		}
	}
}

func (w *warp) special(id specialID, lane int) uint64 {
	b := w.block
	block, grid := b.launch.Block, b.launch.Grid
	thread := w.index*lanes + lane
	bit := uint64(1) << lane
	switch id {
	case tidX:
		return uint64(thread % block.X)
	case tidY:
		return uint64(thread / block.X % block.Y)
	case tidZ:
		return uint64(thread / (block.X * block.Y))
	case ntidX:
		return uint64(block.X)
	case ntidY:
		return uint64(block.Y)
	case ntidZ:
		return uint64(block.Z)
	case ctaidX:
		return uint64(b.at.X)
	case ctaidY:
		return uint64(b.at.Y)
	case ctaidZ:
		return uint64(b.at.Z)
	case nctaidX:
		return uint64(grid.X)
	case nctaidY:
		return uint64(grid.Y)
	case nctaidZ:
		return uint64(grid.Z)
	case laneID:
		return uint64(lane)
	case warpID:
		return uint64(w.index)
	case nwarpID:
		return uint64(len(b.warps))
	case lanemaskEQ:
		return bit
	case lanemaskLT:
		return bit - 1
	case lanemaskLE:
		return 2*bit - 1
	case lanemaskGT:
		return uint64(^uint32(2*bit - 1))
	case lanemaskGE:
		return uint64(^uint32(bit - 1))
	case dynamicShared:
		return uint64(b.launch.Shared)
	case totalShared:
		return uint64(int64(b.launch.Shared) + b.kernel.Shared)
	}
	return 0
}

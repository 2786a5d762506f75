package sim_test

func (r *rig) exerciseImports(office) {}

package world

// inherit gives a child the attributes of its parent, and hands them further down if
// the child is inherited as well.
func (w *World) inherit(parent, child *objectType) {
	for _, a := range parent.attrs {
		switch a.Born {
		case BornNot:
			w.inheritOne(child, a)
		case BornName:
			w.inheritName(child, a)
		case BornKey, BornCreated, BornUpdated:
		}
	}
}

// inheritOne gives a type a copy of an attribute, unless it has one of that name.
func (w *World) inheritOne(child *objectType, from *attribute) {
	for _, a := range child.attrs {
		if sameName(a.Name, from.Name) {
			return
		}
	}
	c := *from
	c.InheritedFrom = from.ID
	w.addAttribute(child, &c)
	if c.Label {
		moveLabel(child, &c)
	}
	w.inheritDown(child, &c)
}

// inheritDown hands an attribute of a type to the children of the type.
func (w *World) inheritDown(t *objectType, a *attribute) {
	if !t.Inherited {
		return
	}
	for _, id := range t.children {
		w.inheritOne(w.types[id], a)
	}
}

// inheritName gives the child's own Name the settings of the parent's, unless the
// child has objects already or an attribute of that name.
func (w *World) inheritName(child *objectType, from *attribute) {
	for _, a := range child.attrs {
		if len(child.objects) > 0 || a.Born != BornName && sameName(a.Name, from.Name) {
			return
		}
	}
	for _, a := range child.attrs {
		if a.Born != BornName || a.InheritedFrom != 0 {
			continue
		}
		c := *from
		c.ID, c.TypeID, c.InheritedFrom = a.ID, a.TypeID, from.ID
		*a = c
		if a.Label {
			moveLabel(child, a)
		}
		delete(w.index.byAttr, a.ID)
	}
}

// disinherit makes the copies of a type its own.
func (w *World) disinherit(t *objectType) {
	for _, a := range t.attrs {
		a.InheritedFrom = 0
	}
}

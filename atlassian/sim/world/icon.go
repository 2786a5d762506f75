package world

import (
	"maps"
	"slices"
)

// Icon is an icon. SchemaID zero means that it is global.
type Icon struct {
	ID       ID
	SchemaID ID
	Name     string
	// Removable tells that the site was not born with it.
	Removable bool
}

// icon is an icon as it is kept; without content it is drawn from its name.
type icon struct {
	Icon
	content []byte
}

// bornIconNames are the icons of every site.
var bornIconNames = []string{
	"Object", "Application", "Backup", "Building", "Business Service", "Calendar", "Certificate", "City", "Cloud", "Cloud Server",
	"Company", "Contract", "Country", "Database", "Department", "Desktop", "Document", "Employee", "Firewall", "Floor",
	"Hardware", "Host", "Laptop", "License", "Location", "Mobile Phone", "Monitor", "Network", "Office", "Operating System",
	"Printer", "Project", "Rack", "Room", "Router", "Server", "Service", "Software", "Storage", "Switch",
	"Tablet", "Team", "Tool", "User", "Vehicle", "Vendor", "Virtual Machine", "Workstation",
}

func (w *World) bornIcons() {
	for _, name := range bornIconNames {
		id := w.ids.icon.next()
		w.icons[id] = &icon{Icon: Icon{ID: id, Name: name}}
	}
}

// iconUsable tells whether an object type of a schema may have an icon.
func (w *World) iconUsable(id, schemaID ID) bool {
	i := w.icons[id]
	return i != nil && (i.SchemaID == 0 || i.SchemaID == schemaID)
}

// Icons returns the icons of a schema, or the global ones for schema zero, in the
// order of their ids.
func (w *World) Icons(schemaID ID) []Icon {
	w.mu.RLock()
	defer w.mu.RUnlock()
	var out []Icon
	for _, id := range slices.Sorted(maps.Keys(w.icons)) {
		if i := w.icons[id]; i.SchemaID == schemaID {
			out = append(out, i.Icon)
		}
	}
	return out
}

// Icon returns one icon.
func (w *World) Icon(id ID) (Icon, error) {
	w.mu.RLock()
	defer w.mu.RUnlock()
	i := w.icons[id]
	if i == nil {
		return Icon{}, notFound("No icon with id %d exists", id)
	}
	return i.Icon, nil
}

// IconPNG returns the picture of an icon in 16 or 48 pixels; what was uploaded comes
// as it was, whatever the size.
func (w *World) IconPNG(id ID, size int) ([]byte, error) {
	w.mu.RLock()
	i := w.icons[id]
	w.mu.RUnlock()
	switch {
	case i == nil:
		return nil, notFound("No icon with id %d exists", id)
	case i.content != nil:
		return i.content, nil
	case size == 16:
		return drawPNG(i.Name, 16), nil
	}
	return drawPNG(i.Name, 48), nil
}

// CreateIcon adds an icon, global or of a schema, with its PNG picture. Names of
// icons may repeat.
func (w *World) CreateIcon(schemaID ID, name string, png []byte) (Icon, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if schemaID != 0 {
		if _, err := w.manageable(schemaID); err != nil {
			return Icon{}, err
		}
	}
	if err := checkPlainName(name); err != nil {
		return Icon{}, err
	}
	if !isPNG(png) {
		return Icon{}, badField("icon", "The icon is not a PNG image")
	}
	i := &icon{Icon: Icon{ID: w.ids.icon.next(), SchemaID: schemaID, Name: name, Removable: true}, content: w.media.share(png)}
	w.icons[i.ID] = i
	return i.Icon, nil
}

// UpdateIcon gives an icon another name or picture; nil keeps it.
func (w *World) UpdateIcon(id ID, name *string, png []byte) (Icon, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	i := w.icons[id]
	switch {
	case i == nil:
		return Icon{}, notFound("No icon with id %d exists", id)
	case !i.Removable:
		return Icon{}, forbidden("The icon %s cannot be changed", i.Name)
	case png != nil && !isPNG(png):
		return Icon{}, badField("icon", "The icon is not a PNG image")
	}
	if name != nil {
		if err := checkPlainName(*name); err != nil {
			return Icon{}, err
		}
	}
	next := *i
	set(&next.Name, name)
	if png != nil {
		next.content = w.media.share(png)
	}
	w.icons[id] = &next // readers of the picture may hold the old one
	return next.Icon, nil
}

// DeleteIcon removes an icon that no object type uses and that the site was not born
// with.
func (w *World) DeleteIcon(id ID) (Icon, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	i := w.icons[id]
	switch {
	case i == nil:
		return Icon{}, notFound("No icon with id %d exists", id)
	case !i.Removable:
		return Icon{}, forbidden("The icon %s cannot be deleted", i.Name)
	}
	for _, t := range w.types {
		if t.IconID == id {
			return Icon{}, badRequest("The icon %s is in use", i.Name)
		}
	}
	delete(w.icons, id)
	return i.Icon, nil
}

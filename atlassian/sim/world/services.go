package world

// bornServices makes the schema of the site's services, which nobody can change.
func (w *World) bornServices() {
	s, err := w.createSchema(SchemaInput{Name: "Services", Key: "SVC", Description: "Services of Jira Service Management"})
	if err != nil {
		panic(err) // a site without schemas accepts any
	}
	var service ID
	for id, i := range w.icons {
		if i.Name == "Service" {
			service = id
		}
	}
	t, err := w.createType(TypeInput{SchemaID: s.ID, IconID: service, Name: "Service", Description: "A service of the organisation"})
	if err != nil {
		panic(err)
	}
	text, sel := DefaultText, DefaultSelect
	plain := TypeDefault
	for _, in := range []AttributeInput{
		{Name: new("Description"), Type: &plain, Default: &text},
		{Name: new("Tier"), Type: &plain, Default: &sel, Options: new("Tier 1,Tier 2,Tier 3,Tier 4"), Min: new(1)},
		{Name: new("Service ID"), Type: &plain, Default: &text},
	} {
		if _, err := w.createAttribute(t, in); err != nil {
			panic(err)
		}
	}
	s.CanManage = false
}

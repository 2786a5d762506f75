package world

// SchemaConfig is the configuration of a schema.
type SchemaConfig struct {
	AllowOtherObjectSchema      bool
	ValidateQuickCreate         bool
	QuickCreateObjects          bool
	CreateObjectsCustomField    bool
	ServiceDescCustomersEnabled bool
}

// GlobalConfig is the configuration of the site.
type GlobalConfig = SchemaConfig

// SchemaConfigPatch changes what is not nil.
type SchemaConfigPatch struct {
	AllowOtherObjectSchema      *bool
	ValidateQuickCreate         *bool
	QuickCreateObjects          *bool
	CreateObjectsCustomField    *bool
	ServiceDescCustomersEnabled *bool
}

// GlobalConfig returns the configuration of the site.
func (w *World) GlobalConfig() GlobalConfig {
	w.mu.RLock()
	defer w.mu.RUnlock()
	return w.global
}

// SchemaConfig returns the configuration of a schema.
func (w *World) SchemaConfig(schemaID ID) (SchemaConfig, error) {
	w.mu.RLock()
	defer w.mu.RUnlock()
	s, err := w.schema(schemaID)
	if err != nil {
		return SchemaConfig{}, err
	}
	return s.config, nil
}

// UpdateSchemaConfig changes the configuration of a schema.
func (w *World) UpdateSchemaConfig(schemaID ID, in SchemaConfigPatch) (SchemaConfig, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	s, err := w.manageable(schemaID)
	if err != nil {
		return SchemaConfig{}, err
	}
	set(&s.config.AllowOtherObjectSchema, in.AllowOtherObjectSchema)
	set(&s.config.ValidateQuickCreate, in.ValidateQuickCreate)
	set(&s.config.QuickCreateObjects, in.QuickCreateObjects)
	set(&s.config.CreateObjectsCustomField, in.CreateObjectsCustomField)
	set(&s.config.ServiceDescCustomersEnabled, in.ServiceDescCustomersEnabled)
	return s.config, nil
}

package atlassian_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"stowage/assets"
	"stowage/atlassian"
	"stowage/atlassian/sim/gen"
)

func TestAWholeSchemaIsRead(t *testing.T) {
	t.Parallel()
	for _, profile := range gen.Profiles() {
		t.Run(profile, func(t *testing.T) {
			t.Parallel()
			ctx := t.Context()
			r := newRig(t, gen.Profile{Name: profile}, 700)
			schemas, err := r.client.Schemas(ctx)
			if err != nil {
				t.Fatal(err)
			}
			total := 0
			for _, s := range schemas {
				types, err := r.client.ObjectTypes(ctx, s.ID)
				if err != nil {
					t.Fatal(err)
				}
				attributes, err := r.client.SchemaAttributes(ctx, s.ID)
				if err != nil {
					t.Fatal(err)
				}
				if _, err := r.client.Properties(ctx, s.ID); err != nil {
					t.Fatal(err)
				}
				if _, err := r.client.StatusTypes(ctx, s.ID); err != nil {
					t.Fatal(err)
				}
				if _, err := r.client.ReferenceTypes(ctx, s.ID); err != nil {
					t.Fatal(err)
				}
				known := map[string]bool{}
				for _, a := range attributes {
					known[a.ID] = true
					if a.Extra != nil {
						t.Errorf("attribute %s has members the client does not know: %s", a.ID, a.Extra)
					}
				}
				for _, typ := range types {
					if typ.Extra != nil && string(typ.Extra) != `{"type":0}` {
						t.Errorf("type %s has members the client does not know: %s", typ.ID, typ.Extra)
					}
					counted, err := r.client.CountObjects(ctx, atlassian.ObjectQuery{TypeID: typ.ID})
					if err != nil {
						t.Fatal(err)
					}
					got := objectsOf(t, r.client, atlassian.ObjectQuery{TypeID: typ.ID})
					if len(got) != counted {
						t.Errorf("type %s: %d objects, counted %d", typ.ID, len(got), counted)
					}
					total += len(got)
					if len(got) > 0 {
						one, err := r.client.Object(ctx, got[0].ID)
						if err != nil {
							t.Fatal(err)
						}
						if diff := cmp.Diff(got[0], one, cmpopts.EquateEmpty()); diff != "" {
							t.Errorf("object %s read by search and by id (-search +id):\n%s", one.ID, diff)
						}
					}
					for _, o := range got {
						if o.Extra != nil || o.TypeID != typ.ID {
							t.Errorf("object %s: type %s, unknown members %s", o.ID, o.TypeID, o.Extra)
						}
						for _, values := range o.Values {
							if !known[values.AttributeID] || values.Extra != nil {
								t.Errorf("object %s: attribute %q, unknown members %s", o.ID, values.AttributeID, values.Extra)
							}
							for _, v := range values.Values {
								if v.Extra != nil {
									t.Errorf("object %s: value with unknown members %s", o.ID, v.Extra)
								}
							}
						}
					}
				}
			}
			if total < 500 {
				t.Errorf("only %d objects were read", total)
			}
		})
	}
}

func objectsOf(t *testing.T, c *atlassian.Client, q atlassian.ObjectQuery) []assets.Object {
	t.Helper()
	var all []assets.Object
	for page, err := range c.Objects(t.Context(), q) {
		if err != nil {
			t.Fatal(err)
		}
		for _, u := range page.Unreadable {
			t.Errorf("object %s cannot be read: %v", u.ID, u.Err)
		}
		all = append(all, page.Objects...)
	}
	return all
}

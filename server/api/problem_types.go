package api

// Problem is how every error looks, in the form of RFC 9457. It exists for the description of the API; the package problem
// writes what is sent.
type Problem struct {
	Type      string       `json:"type" doc:"Identifies the kind of problem." example:"about:blank"`
	Title     string       `json:"title" doc:"The kind of problem in a few words." example:"Unprocessable Entity"`
	Status    int          `json:"status" doc:"The HTTP status." example:"422"`
	Detail    string       `json:"detail" doc:"What happened, in one sentence for the person in front of the screen." example:"Some fields need your attention."`
	Code      string       `json:"code" doc:"The kind of problem as a word for programs." example:"invalid"`
	RequestID string       `json:"requestId,omitempty" doc:"Find this request in the log by it." example:"5b1f0d7c9a3e4e52"`
	Errors    []FieldError `json:"errors,omitempty" doc:"One entry per field that is wrong."`
}

// FieldError is what is wrong with one field.
type FieldError struct {
	Location string `json:"location" doc:"Where the field stands." example:"body.email"`
	Message  string `json:"message" doc:"One sentence for the person who filled in the field." example:"The e-mail address or the API token is wrong."`
	Code     string `json:"code,omitempty" doc:"The same as a word for programs." example:"credentials"`
	Link     string `json:"link,omitempty" doc:"A page where the matter can be put right." example:"https://id.atlassian.com/manage-profile/security/api-tokens"`
}

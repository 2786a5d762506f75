package sim

import (
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/google/uuid"
)

// importSchedule says when a source is to be imported. It is kept and told; nothing runs
// by it, for a schedule has no data of its own to bring.
type importSchedule struct {
	id               string
	start            time.Time
	interval         string
	callback         string
	created, updated time.Time
}

type importScheduleIn struct {
	StartTime   string  `json:"startTime"`
	RunInterval string  `json:"runInterval"`
	CallbackURL *string `json:"callbackUrl"`
}

func (in importScheduleIn) check(now time.Time) (time.Time, error) {
	start, err := time.Parse(time.RFC3339Nano, in.StartTime)
	switch {
	case err != nil:
		return start, badRequest("startTime must be a date and time as in ISO 8601.")
	case !start.After(now):
		return start, badRequest("startTime must be in the future.")
	case !slices.Contains([]string{"ONCE", "DAILY", "WEEKLY", "MONTHLY"}, in.RunInterval):
		return start, badRequest("runInterval must be one of ONCE, DAILY, WEEKLY, MONTHLY.")
	case in.CallbackURL != nil:
		if u, err := url.Parse(*in.CallbackURL); err != nil || u.Scheme != "https" || u.Host == "" {
			return start, badRequest("callbackUrl must be an address with https.")
		}
	}
	return start, nil
}

// next is when the source is imported next; the zero time if never again.
func (sc *importSchedule) next(now time.Time) time.Time {
	years, months, days := 0, 0, 0
	switch sc.interval {
	case "DAILY":
		days = 1
	case "WEEKLY":
		days = 7
	case "MONTHLY":
		months = 1
	default:
		if sc.start.After(now) {
			return sc.start
		}
		return time.Time{}
	}
	at := sc.start
	for n := 1; !at.After(now); n++ {
		at = sc.start.AddDate(n*years, n*months, n*days)
	}
	return at
}

func (sc *importSchedule) details(s *Site) map[string]any {
	out := map[string]any{
		"importScheduleId": sc.id, "startTime": s.stamp(sc.start), "runFrequency": sc.interval, "createdAt": s.stamp(sc.created),
	}
	if next := sc.next(s.now()); !next.IsZero() {
		out["nextScheduledTime"] = s.stamp(next)
	}
	return out
}

func (s *Site) answerSchedule(w http.ResponseWriter, source *importSource) {
	sc := source.schedule
	writeJSON(w, http.StatusOK, map[string]string{
		"id": sc.id, "importSourceId": source.id, "startTime": s.stamp(sc.start), "runInterval": sc.interval,
		"created": s.stamp(sc.created), "updated": s.stamp(sc.updated), "collectionId": source.SchemaID.String(),
	})
}

func (s *Site) getScheduleLinks(w http.ResponseWriter, r *http.Request) {
	s.withSource(w, r, func(source *importSource) {
		at := s.assetsURL(r) + "/importsource/" + source.id + "/importschedule"
		links := map[string]string{"createSchedule": at}
		if source.schedule != nil {
			links["schedule"] = at + "/" + source.schedule.id
		}
		writeJSON(w, http.StatusOK, map[string]any{"links": links, "result": "success"})
	})
}

func (s *Site) createSchedule(w http.ResponseWriter, r *http.Request) {
	s.withSource(w, r, func(source *importSource) {
		var in importScheduleIn
		err := readJSON(r, &in)
		now := s.now()
		var start time.Time
		if err == nil {
			start, err = in.check(now)
		}
		switch {
		case err != nil:
			writeError(w, err)
			return
		case source.ModuleKey != externalImport:
			writeMessage(w, http.StatusBadRequest, "Imports of the kind %s cannot be scheduled.", source.ModuleKey)
			return
		case source.schedule != nil:
			writeMessage(w, http.StatusBadRequest, "A schedule already exists for this import source.")
			return
		}
		source.schedule = &importSchedule{id: uuid.NewString(), start: start, interval: in.RunInterval, created: now, updated: now}
		if in.CallbackURL != nil {
			source.schedule.callback = *in.CallbackURL
		}
		s.answerSchedule(w, source)
	})
}

// withSchedule runs do if the source has the schedule in the path.
func (s *Site) withSchedule(w http.ResponseWriter, r *http.Request, do func(source *importSource)) {
	s.withSource(w, r, func(source *importSource) {
		id := r.PathValue("importScheduleId")
		if source.schedule == nil || source.schedule.id != id {
			writeMessage(w, http.StatusNotFound, "No import schedule with id %s exists", id)
			return
		}
		do(source)
	})
}

func (s *Site) getSchedule(w http.ResponseWriter, r *http.Request) {
	s.withSchedule(w, r, func(source *importSource) { s.answerSchedule(w, source) })
}

func (s *Site) updateSchedule(w http.ResponseWriter, r *http.Request) {
	s.withSchedule(w, r, func(source *importSource) {
		var in importScheduleIn
		if err := readJSON(r, &in); err != nil {
			writeError(w, err)
			return
		}
		start, err := in.check(s.now())
		if err != nil {
			writeError(w, err)
			return
		}
		sc := source.schedule
		sc.start, sc.interval, sc.updated = start, in.RunInterval, s.now()
		if in.CallbackURL != nil {
			sc.callback = *in.CallbackURL
		}
		s.answerSchedule(w, source)
	})
}

func (s *Site) deleteSchedule(w http.ResponseWriter, r *http.Request) {
	s.withSchedule(w, r, func(source *importSource) {
		source.schedule = nil
		w.WriteHeader(http.StatusOK)
	})
}

package server

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"stowage/server/api"
)

// description mounts the description of the API, for programs and for people.
func (s *Server) description() {
	s.engine.GET(api.Prefix+"/openapi.json", func(c *gin.Context) {
		c.Header("Cache-Control", "public, max-age=300")
		c.Header("Cross-Origin-Resource-Policy", "cross-origin")
		c.Data(http.StatusOK, "application/openapi+json", api.Document)
	})
	s.engine.GET("/api/docs", func(c *gin.Context) {
		c.Header("Content-Security-Policy", api.ManualPolicy)
		c.Data(http.StatusOK, "text/html; charset=utf-8", api.Manual())
	})
}

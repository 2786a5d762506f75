package server

import (
	"crypto/sha256"
	"crypto/subtle"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"stowage/server/problem"
)

// operators mounts what only those who run the service may see. Without a token there is nothing to mount.
func (s *Server) operators() {
	if s.config.OperatorToken.IsZero() {
		return
	}
	group := s.engine.Group("", s.operator)
	if s.config.Metrics != nil {
		group.GET(pathMetrics, gin.WrapH(s.config.Metrics))
	}
	if s.config.Queues != nil {
		// The monitor changes nothing, so that reading is all it is let do.
		group.GET(pathQueues, gin.WrapH(s.config.Queues))
		group.GET(pathQueues+"/*page", gin.WrapH(s.config.Queues))
	}
}

// operator lets only those pass who carry the token: as Bearer, or as the password of Basic for browsers.
func (s *Server) operator(c *gin.Context) {
	_, offered, basic := c.Request.BasicAuth()
	if !basic {
		offered, _ = strings.CutPrefix(c.GetHeader("Authorization"), "Bearer ")
	}
	// Hashes have one length, so that comparing tells nothing, not even that of the token.
	want, got := sha256.Sum256([]byte(s.config.OperatorToken.Reveal())), sha256.Sum256([]byte(offered))
	if offered == "" || subtle.ConstantTimeCompare(want[:], got[:]) != 1 {
		problem.Write(c.Writer, c.Request, problem.New(http.StatusUnauthorized, "unauthorized", "This is for operators of the service.").
			Header("WWW-Authenticate", `Basic realm="Stowage operators", charset="UTF-8"`))
		c.Abort()
		return
	}
	c.Next()
}

/** Stands in for the style sheet of a theme in tests. */
export default '';

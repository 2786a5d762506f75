/**
 * Stands in for `@atlaskit/feature-gate-js-client`, which the design system asks whether an experiment of Atlassian's own
 * products is on. Here none ever is, and nothing may be fetched or reported.
 */
const FeatureGates = {
  checkGate: () => false,
  initializeCompleted: () => true,
  getExperimentValue: <T>(_experiment: string, _parameter: string, fallback: T): T => fallback,
};

export default FeatureGates;

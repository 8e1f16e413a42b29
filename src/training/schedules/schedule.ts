/**
 * What the learning rate is multiplied with: a pure function of the number of steps already taken and of all steps
 * there will be.
 */
export type LearningRateSchedule = (step: number, totalSteps: number) => number;

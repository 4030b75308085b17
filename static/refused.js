// What every refused request becomes.

/** A refused request: `status` (0 = no answer at all), a sentence, and the sentence of each bad field. */
export class ApiError extends Error {
  constructor(status, message, fields = {}) {
    super(message);
    this.name = "ApiError";
    this.status = status;
    this.fields = fields;
  }
}

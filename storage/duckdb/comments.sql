-- What the columns of the views mean; those of v_applications are the table's.

COMMENT ON COLUMN v_status_changes.application_id IS 'The application.';
COMMENT ON COLUMN v_status_changes.n IS 'Its first transition has 1.';
COMMENT ON COLUMN v_status_changes.from_status IS 'The status before; null for the first.';
COMMENT ON COLUMN v_status_changes.to_status IS 'Where it led to.';
COMMENT ON COLUMN v_status_changes."at" IS 'When.';
COMMENT ON COLUMN v_status_changes.hours_in_from IS 'Hours in the status before; null for the first.';
COMMENT ON COLUMN v_status_changes.allowed IS 'Whether the table of transitions has it.';

COMMENT ON COLUMN v_stage_durations.application_id IS 'The application.';
COMMENT ON COLUMN v_stage_durations.n IS 'Its first stay has 1.';
COMMENT ON COLUMN v_stage_durations.status IS 'The stage.';
COMMENT ON COLUMN v_stage_durations.entered_at IS 'From when.';
COMMENT ON COLUMN v_stage_durations.left_at IS 'Until when; null for the present stay.';
COMMENT ON COLUMN v_stage_durations.hours IS 'How long; null for the present stay.';
COMMENT ON COLUMN v_stage_durations.next_status IS 'Where it went on; null for the present stay.';

COMMENT ON COLUMN v_daily_funnel.day IS 'UTC day of applied_at.';
COMMENT ON COLUMN v_daily_funnel.applied IS 'Applications of that day.';
COMMENT ON COLUMN v_daily_funnel.viewed IS 'Of these: looked at by the employer.';
COMMENT ON COLUMN v_daily_funnel.answered IS 'Of these: with a first response.';
COMMENT ON COLUMN v_daily_funnel.interviewed IS 'Of these: with an interview, scheduled or held.';
COMMENT ON COLUMN v_daily_funnel.offered IS 'Of these: with an offer.';
COMMENT ON COLUMN v_daily_funnel.hired IS 'Of these: hired now.';
COMMENT ON COLUMN v_daily_funnel.rejected IS 'Of these: rejected now.';
COMMENT ON COLUMN v_daily_funnel.withdrawn IS 'Of these: withdrawn now.';

COMMENT ON COLUMN v_response_times.application_id IS 'The application.';
COMMENT ON COLUMN v_response_times.company IS 'Its company.';
COMMENT ON COLUMN v_response_times.source IS 'Its source.';
COMMENT ON COLUMN v_response_times.applied_at IS 'From when it waits.';
COMMENT ON COLUMN v_response_times.first_response_at IS 'Until when; null while it waits.';
COMMENT ON COLUMN v_response_times.answered IS 'False: censored, it has waited so long without an answer.';
COMMENT ON COLUMN v_response_times.hours IS 'Until the first response, the withdrawal or the log clock.';

COMMENT ON COLUMN v_volume.hour IS 'UTC hour of the events'' time.';
COMMENT ON COLUMN v_volume.type IS 'Type of event.';
COMMENT ON COLUMN v_volume.events IS 'How many.';

COMMENT ON COLUMN v_predictions.application_id IS 'The application.';
COMMENT ON COLUMN v_predictions.computed_at IS 'Of which moment of the log it is.';
COMMENT ON COLUMN v_predictions.status IS 'Status of the application at that moment.';
COMMENT ON COLUMN v_predictions.p IS 'Probability of being hired.';
COMMENT ON COLUMN v_predictions.low IS 'Lower end of an interval that holds the true probability four times of five.';
COMMENT ON COLUMN v_predictions.high IS 'Its upper end.';
COMMENT ON COLUMN v_predictions.model_version IS 'Which version of the model said so.';
COMMENT ON COLUMN v_predictions.labels_seen IS 'Outcomes that this version had learned.';
COMMENT ON COLUMN v_predictions.cold_start IS 'Too few outcomes to say more than the base rate.';
COMMENT ON COLUMN v_predictions.hired IS 'True: hired now; false: rejected now; null: open or withdrawn.';

COMMENT ON COLUMN v_model_metrics.day IS 'Day of the prediction, log time.';
COMMENT ON COLUMN v_model_metrics.predictor IS 'served, base_rate or stage_rate.';
COMMENT ON COLUMN v_model_metrics.provisional IS 'The label is silence, not an answer.';
COMMENT ON COLUMN v_model_metrics.predictions IS 'How many.';
COMMENT ON COLUMN v_model_metrics.hired IS 'Of applications that were hired.';
COMMENT ON COLUMN v_model_metrics.mean_p IS 'Mean probability.';
COMMENT ON COLUMN v_model_metrics.log_loss IS 'Mean logarithmic loss, nats.';
COMMENT ON COLUMN v_model_metrics.brier IS 'Mean squared error.';

COMMENT ON COLUMN v_calibration.predictor IS 'served, base_rate or stage_rate.';
COMMENT ON COLUMN v_calibration.provisional IS 'The label is silence, not an answer.';
COMMENT ON COLUMN v_calibration.tenth IS '0 to 9: probabilities from tenth / 10.';
COMMENT ON COLUMN v_calibration.predictions IS 'How many.';
COMMENT ON COLUMN v_calibration.mean_p IS 'Mean probability.';
COMMENT ON COLUMN v_calibration.hired_share IS 'Share of them of hired applications.';

//! Distribution-adaptive visual prompt tuning: config, prompt bank, relocation, training, evaluation.

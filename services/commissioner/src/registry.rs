//! What is asked of the registry right now: that it grants, assesses and revokes recognitions, which are its own. It is
//! asked outside of transactions, for what one has laid down, under the request that laid it down: a call that is made
//! again asks for the same.

use canopy_kernel::id::QualificationId;
use canopy_kernel::{Failure, reason};
use canopy_platform::{Call, Peer};
use canopy_proto::registry::v1 as pb;
use canopy_proto::registry::v1::qualification_service_client::QualificationServiceClient;
use jiff::civil::Date;

use crate::assessment::Laid;
use crate::assessment::model::Assessment;
use crate::assessment::rule_outcome::{Grade, Outcome};
use crate::recognition::LaidGrant;
use crate::recognition::model::{Level, Recognition};

/// The registry, reached over one channel. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Registry {
    peer: Peer,
}

fn level(level: Level) -> pb::QualificationLevel {
    match level {
        Level::Municipal => pb::QualificationLevel::Municipal,
        Level::Provincial => pb::QualificationLevel::Provincial,
        Level::National => pb::QualificationLevel::National,
    }
}

impl Registry {
    /// The registry behind that peer.
    pub(crate) fn new(peer: Peer) -> Self {
        Self { peer }
    }

    fn client(&self) -> QualificationServiceClient<tonic::transport::Channel> {
        QualificationServiceClient::new(self.peer.channel())
    }

    /// Has a recognition granted as it was laid down. A grant of the same number that a call made before it broke off
    /// is the one that is meant.
    pub(crate) async fn grant(&self, call: &Call, laid: &LaidGrant) -> Result<QualificationId, Failure> {
        let (recognition, grant) = (&laid.recognition, &laid.grant);
        let row = pb::QualificationRow {
            request_id: grant.request.to_string(),
            external_ref: recognition.id.to_string(),
            holder_uscc: recognition.applicant.to_string(),
            kind: recognition.subject.kind().to_owned(),
            level: recognition.subject.level().map_or(0, |it| level(it).into()),
            number: grant.number.clone(),
            granted_on: grant.on.to_string(),
            first_recognition: true,
            batch_no: grant.batch_no,
            ..Default::default()
        };
        let message = pb::GrantQualificationRequest {
            request_id: grant.request.to_string(),
            validate_only: laid.validate_only,
            row: Some(row),
        };
        let request = self.peer.request(call, message)?;
        match self.client().grant_qualification(request).await {
            Ok(answer) => answer.into_inner().name.parse(),
            Err(status) => {
                let failure = self.peer.failure(status);
                match failure.reason().name == reason::DUPLICATE_QUALIFICATION.name {
                    true => self.granted(call, recognition, &grant.number, grant.on).await?.ok_or(failure),
                    false => Err(failure),
                }
            }
        }
    }

    /// The recognition of that number that was granted to the applicant on that day.
    async fn granted(
        &self,
        call: &Call,
        recognition: &Recognition,
        number: &str,
        day: Date,
    ) -> Result<Option<QualificationId>, Failure> {
        let message = pb::ListQualificationsRequest {
            holder_uscc: recognition.applicant.to_string(),
            kind: recognition.subject.kind().to_owned(),
            ..Default::default()
        };
        let request = self.peer.request(call, message)?;
        let answer = self.client().list_qualifications(request).await;
        let held = answer.map_err(|status| self.peer.failure(status))?.into_inner().qualifications;
        let same = held.into_iter().find(|it| it.number == number && it.granted_on == day.to_string());
        same.map(|it| it.name.parse()).transpose()
    }

    /// Has an assessment recorded as it was laid down, and what it led to. What the registry has told of already is not
    /// recorded again.
    pub(crate) async fn record(&self, call: &Call, laid: &Laid) -> Result<(), Failure> {
        if !laid.is_told {
            self.assess(call, &laid.assessment, laid.validate_only).await?;
        }
        match laid.assessment.outcome {
            Outcome::Revoked => self.revoke(call, &laid.assessment, laid.validate_only).await,
            Outcome::Excellent | Outcome::Pass | Outcome::Rectify => Ok(()),
        }
    }

    async fn assess(&self, call: &Call, laid: &Assessment, validate_only: bool) -> Result<(), Failure> {
        let result = match laid.grade {
            Grade::Excellent => pb::AssessmentResult::Excellent,
            Grade::Pass => pb::AssessmentResult::Pass,
            Grade::Fail => pb::AssessmentResult::Fail,
        };
        let message = pb::AssessQualificationRequest {
            request_id: laid.request.to_string(),
            validate_only,
            name: laid.qualification.to_string(),
            assessed_on: laid.assessed_on.to_string(),
            result: result.into(),
        };
        let request = self.peer.request(call, message)?;
        let answer = self.client().assess_qualification(request).await;
        answer.map(drop).map_err(|status| self.peer.failure(status))
    }

    /// Revokes what failed its assessments. What is revoked already stays so.
    async fn revoke(&self, call: &Call, laid: &Assessment, validate_only: bool) -> Result<(), Failure> {
        let message = pb::RevokeQualificationRequest {
            request_id: laid.request.to_string(),
            validate_only,
            name: laid.qualification.to_string(),
            revoked_on: laid.assessed_on.to_string(),
            reason: "ASSESSMENT_FAILED".to_owned(),
            etag: String::new(),
        };
        let request = self.peer.request(call, message)?;
        match self.client().revoke_qualification(request).await.map_err(|status| self.peer.failure(status)) {
            Err(failure) if failure.reason().name != reason::STATE_NOT_ALLOWED.name => Err(failure),
            _ => Ok(()),
        }
    }
}

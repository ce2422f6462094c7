/** Who may charge: whoever the Token's own record lets, unless our billing says that he owes us money. */
import { type Decide, decideByRecord } from 'ocpi-tokens/decide';

export const unlessInDebt: Decide = async (question) => {
  const answer = decideByRecord(question);
  if (answer?.allowed !== 'ALLOWED') return answer;
  const { token } = question;
  return (await owesMoney(token.contract_id)) ? { allowed: 'NO_CREDIT', token } : answer;
};

/** A driver waits two seconds at most; then the answer is NOT_ALLOWED. */
async function owesMoney(contract: string): Promise<boolean> {
  const { BILLING_URL } = process.env;
  if (!BILLING_URL) return false;
  const response = await fetch(`${BILLING_URL}/debts/${encodeURIComponent(contract)}`, {
    signal: AbortSignal.timeout(1_500),
  });
  return response.status === 200;
}

import Foundation
import Parley
import ParleyBase
import ParleyCrypto
import ParleyStudy

/// The fingerprints of the keys that a study names, in the form of `parley identity show`, to be read out and compared.
struct FingerprintTable {
  struct Row: Encodable {
    var party: String
    var organisation: String
    /// Absent where the study has no key for the party.
    var fingerprint: String?
  }
  let rows: [Row]

  init(_ study: Study) {
    rows = study.parties.map {
      Row(party: $0.name, organisation: $0.organisation, fingerprint: $0.key?.fingerprint)
    }
  }

  /// Nothing for a study without keys, which is for trials on one machine.
  var lines: [String] {
    guard rows.contains(where: { $0.fingerprint != nil }) else { return [] }
    let width = rows.map(\.party.count).max() ?? 0
    return ["fingerprints of the keys in this study, as 'parley identity show' prints them:"]
      + rows.map { row in
        "  \(row.party.padding(toLength: width, withPad: " ", startingAt: 0))  \(row.fingerprint ?? "no key yet")"
      }
  }
}

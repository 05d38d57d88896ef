/// Whether the labels of a column are names of people, cases or accounts: a guess from its header and their form.
enum PersonNames {
  /// - Parameters:
  ///   - labels: those that occur in enough rows to be written.
  ///   - different: how many different values there are, rare ones included.
  ///   - headers: what the files call the column.
  static func areNames(_ labels: [String], different: Int, headers: [String]) -> Bool {
    if headers.contains(where: isOfPeople) { return true }
    let rare = different - labels.count
    if rare > max(5, labels.count) { return true }
    // Names that a small town has often, beside others.
    if rare >= 3, rare * 2 >= labels.count, labels.allSatisfy(isCapitalised) { return true }
    guard labels.count > 6 else { return false }
    let numbered = labels.count { $0.utf8.count { (0x30...0x39).contains($0) } >= 3 }
    return numbered * 5 >= labels.count * 4
      || headers.contains { words(of: $0).contains { caseWords.contains($0) || $0.hasSuffix("id") } }
  }

  /// Whether a header says that its column has names or addresses of people, however few there are.
  static func isOfPeople(_ header: String) -> Bool {
    let words = words(of: header)
    // "patient" alone; a "patient class" is none.
    if words.count == 1, wholeHeaders.contains(words[0]) { return true }
    return words.contains { word in nameWords.contains(word) || nameEnds.contains { word.hasSuffix($0) } }
  }

  private static func words(of header: String) -> [String] {
    header.lowercased().split { !$0.isLetter }.map(String.init)
  }

  private static func isCapitalised(_ label: String) -> Bool {
    label.count > 2 && label.first?.isUppercase == true && label.dropFirst().contains(where: \.isLowercase)
      && label.allSatisfy { $0.isLetter || $0 == "-" || $0 == "'" }
  }

  private static let wholeHeaders: Set = [
    "patient", "patients", "patientin", "person", "persons", "participant", "subject", "proband",
  ]
  private static let nameEnds = ["name", "names", "namen", "adresse", "anschrift", "strasse", "straße"]
  private static let nameWords: Set = [
    "address", "addresses", "street", "email", "mail", "phone", "telefon", "telephone", "mobile", "nom", "prenom",
    "prénom", "nombre", "nombres", "apellido", "apellidos", "cognome", "adres", "achternaam", "voornaam",
  ]
  /// Of columns with several labels: few labels may be kinds, such as "case" and "control".
  private static let caseWords: Set = [
    "patient", "patients", "person", "persons", "case", "mrn", "ssn", "iban", "account", "fall", "fallnummer",
    "patientennummer", "konto", "subject", "participant", "member",
  ]
}

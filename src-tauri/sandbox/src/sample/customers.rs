//! Customers: names and places in several scripts.

use super::{Desk, members};
use serde_json::{Map, Value, json};

pub fn id(number: usize) -> String {
    format!("CU-{number:04}")
}

struct Firm {
    name: &'static str,
    person: &'static str,
    mail: &'static str,
    phone: &'static str,
    street: &'static str,
    postcode: &'static str,
    city: &'static str,
    country: &'static str,
}

macro_rules! firms {
    ($(($name:literal, $person:literal, $mail:literal, $phone:literal, $street:literal, $postcode:literal, $city:literal, $country:literal)),* $(,)?) => {
        [$(Firm { name: $name, person: $person, mail: $mail, phone: $phone, street: $street, postcode: $postcode, city: $city, country: $country }),*]
    };
}

const FIRMS: [Firm; 20] = firms![
    (
        "Bäckerei Grünwald",
        "Sabine Grünwald",
        "sabine",
        "+49 89 5550101",
        "Lindenstraße 14",
        "80331",
        "München",
        "DE"
    ),
    (
        "Molkerei Østervang",
        "Søren Ægidius",
        "soeren",
        "+45 33 555 012",
        "Østergade 3",
        "1100",
        "København",
        "DK"
    ),
    (
        "Boulangerie Lefèvre",
        "Élodie Lefèvre",
        "elodie",
        "+33 1 55 55 01 03",
        "8 rue des Martyrs",
        "75009",
        "Paris",
        "FR"
    ),
    (
        "Hotel Park Łazienki",
        "Wojciech Żurawski",
        "wojciech",
        "+48 22 555 01 04",
        "ul. Agrykola 1",
        "00-460",
        "Warszawa",
        "PL"
    ),
    (
        "Panadería La Niña",
        "Íñigo Muñoz",
        "inigo",
        "+34 91 555 01 05",
        "Calle de Alcalá 88",
        "28009",
        "Madrid",
        "ES"
    ),
    (
        "株式会社さくら食品",
        "山田 花子",
        "hanako",
        "+81 3 5550 0106",
        "千代田区丸の内1-9-1",
        "100-0005",
        "東京",
        "JP"
    ),
    (
        "Кафе «Веранда»",
        "Олена Ткаченко",
        "olena",
        "+380 44 555 0107",
        "вул. Хрещатик 22",
        "01001",
        "Київ",
        "UA"
    ),
    ("مخبز الياسمين", "ليلى حداد", "layla", "+962 6 555 0108", "شارع الرينبو 12", "11181", "عمّان", "JO"),
    ("Φούρνος Αθηνά", "Νίκος Παπαδάκης", "nikos", "+30 21 0555 0109", "Ερμού 45", "105 63", "Αθήνα", "GR"),
    ("מאפיית הגליל", "נועה לוי", "noa", "+972 4 555 0110", "רחוב יפו 7", "3303107", "חיפה", "IL"),
    ("แม่ลำดวน ครัวไทย", "สมชาย ใจดี", "somchai", "+66 2 555 0111", "ถนนเจริญกรุง 36", "10500", "กรุงเทพฯ", "TH"),
    (
        "O'Brien & Sons Creamery",
        "Niamh O'Brien",
        "niamh",
        "+353 1 555 0112",
        "12 Merchant's Quay",
        "D08 XY1",
        "Dublin",
        "IE"
    ),
    (
        "Città Gelato S.r.l.",
        "Niccolò D'Angelo",
        "niccolo",
        "+39 06 555 0113",
        "Via del Corso 210",
        "00186",
        "Roma",
        "IT"
    ),
    (
        "Pekárna U Dvou koček",
        "Jiří Dvořák",
        "jiri",
        "+420 225 550 114",
        "Nerudova 17",
        "118 00",
        "Praha",
        "CZ"
    ),
    (
        "Kahvila Äyräs",
        "Päivi Hämäläinen",
        "paivi",
        "+358 9 5550 115",
        "Mannerheimintie 5",
        "00100",
        "Helsinki",
        "FI"
    ),
    ("서울냉동물류", "김민준", "minjun", "+82 2 555 0116", "세종대로 110", "04524", "서울", "KR"),
    (
        "Padaria São João",
        "João Gonçalves",
        "joao",
        "+351 21 555 0117",
        "Rua Augusta 99",
        "1100-048",
        "Lisboa",
        "PT"
    ),
    (
        "श्री गणेश मिष्ठान भंडार",
        "अनन्या शर्मा",
        "ananya",
        "+91 11 5550 0118",
        "चाँदनी चौक 41",
        "110006",
        "दिल्ली",
        "IN"
    ),
    (
        "Simit Sarayı Beşiktaş",
        "Çağla Yıldırım",
        "cagla",
        "+90 212 555 0119",
        "Ortabahçe Cad. 9",
        "34353",
        "İstanbul",
        "TR"
    ),
    (
        "Smith Fruit & Veg",
        "Oliver Smith",
        "oliver",
        "+44 20 7555 0120",
        "4 Borough Market",
        "SE1 9AL",
        "London",
        "GB"
    ),
];

const BRANCHES: [&str; 2] = ["", "Depot"];

pub fn record(desk: &mut Desk, id: &str) -> Map<String, Value> {
    let number: usize = id[3..].parse().unwrap_or(1);
    let firm = &FIRMS[(number - 1) % FIRMS.len()];
    let branch = BRANCHES[(number - 1) / FIRMS.len() % BRANCHES.len()];
    let name = match branch {
        "" => firm.name.to_owned(),
        branch => format!("{} ({branch})", firm.name),
    };
    let tags: Vec<&str> = ["key-holder", "night-access", "invoice-by-post", "contract-2026"]
        .into_iter()
        .filter(|_| desk.chance.hit(0.3))
        .collect();
    members(json!({
        "id": id,
        "name": name,
        "contact": {
            "name": firm.person,
            "email": format!("{}@{}.example", firm.mail, id.to_lowercase()),
            "phone": firm.phone,
        },
        "address": {
            "street": firm.street, "postcode": firm.postcode, "city": firm.city, "country": firm.country,
        },
        "since": desk.days_ago(200, 4000).to_string(),
        "hourly_rate": desk.decimal(5_500, 11_000),
        "credit_limit": desk.between(10, 80) * 250,
        "active": desk.chance.hit(0.9),
        "tags": tags,
    }))
}

// Emoji by group, each followed by words that find it, in English and German. The order is that of the picker.

const people = `😀 grin happy lachen|😃 smile joy freude|😄 laugh lachen|😁 beam strahlen|😅 sweat phew puh|😂 tears lol tränen|🤣 rofl kugeln|🙂 slight smile lächeln|🙃 upside down verkehrt|😉 wink zwinkern|😊 blush erröten|😇 angel halo engel|🥰 adore verliebt|😍 heart eyes herzaugen|🤩 star eyes begeistert|😘 kiss kuss|😋 yum lecker|😜 tongue zunge|🤪 zany verrückt|🤗 hug umarmen|🤭 giggle kichern|🤫 quiet shh leise|🤔 think hm denken|🤐 zip mouth schweigen|🤨 eyebrow skeptisch|😐 neutral|😏 smirk grinsen|😒 unamused genervt|🙄 eye roll augenrollen|😬 grimace grimasse|😌 relieved erleichtert|😔 pensive traurig|😴 sleep schlafen|😷 mask sick maske|🤒 ill fever krank|🤯 mind blown unfassbar|🥳 party feiern|😎 cool sunglasses sonnenbrille|🤓 nerd|😕 confused verwirrt|😟 worried besorgt|😮 wow surprised überrascht|😳 flushed verlegen|🥺 please pleading bitte|😢 cry weinen|😭 sob heulen|😱 scream schrei|😤 triumph wut|😡 angry wütend|🤬 curse fluchen|💀 skull totenkopf|💩 poo haufen|🤖 robot roboter|👻 ghost geist|👍 thumbs up yes ok daumen hoch ja|👎 thumbs down no daumen runter nein|👌 ok perfect|✌️ peace victory frieden|🤞 fingers crossed daumen drücken|🤘 rock metal|🤙 call me anrufen|👈 left links|👉 right rechts|👆 up hoch|👇 down runter|☝️ point zeigen|✋ hand stop halt|👋 wave hello hallo winken|👏 clap applause klatschen|🙌 hooray hurra|🫶 heart hands herz|🤝 handshake deal einig|🙏 thanks pray please danke|💪 strong muscle stark|🧠 brain gehirn|👀 eyes look augen|🙈 see no evil affe|🤷 shrug egal|🤦 facepalm|🙋 raise hand melden|🏃 run laufen|💃 dance tanzen|👩‍💻 developer coder entwicklerin|👨‍💻 developer coder entwickler`;

const nature = `🐶 dog hund|🐱 cat katze|🐭 mouse maus|🐰 rabbit hase|🦊 fox fuchs|🐻 bear bär|🐼 panda|🐨 koala|🦁 lion löwe|🐮 cow kuh|🐷 pig schwein|🐸 frog frosch|🐵 monkey affe|🐔 chicken huhn|🐧 penguin pinguin|🐦 bird vogel|🦉 owl eule|🦄 unicorn einhorn|🐝 bee biene|🐛 bug worm raupe fehler|🦋 butterfly schmetterling|🐢 turtle schildkröte|🐙 octopus krake|🐟 fish fisch|🐬 dolphin delfin|🐳 whale wal|🌵 cactus kaktus|🎄 christmas tree weihnachtsbaum|🌲 tree baum|🌱 seedling keim|🍀 clover luck glück klee|🌸 blossom blüte|🌹 rose|🌻 sunflower sonnenblume|🍁 leaf autumn herbst blatt|🌍 earth world erde welt|🌙 moon mond|⭐ star stern|🌟 glow star stern|✨ sparkles glitzer|⚡ lightning fast blitz|🔥 fire hot feuer|🌈 rainbow regenbogen|☀️ sun sonne|⛅ cloud wolke|🌧️ rain regen|❄️ snow schnee|💧 drop tropfen|🌊 wave ocean welle`;

const food = `🍎 apple apfel|🍐 pear birne|🍋 lemon zitrone|🍌 banana banane|🍉 melon melone|🍇 grapes trauben|🍓 strawberry erdbeere|🍒 cherry kirsche|🥑 avocado|🍅 tomato tomate|🥕 carrot karotte|🌽 corn mais|🥐 croissant|🍞 bread brot|🥨 pretzel brezel|🧀 cheese käse|🥚 egg ei|🍔 burger|🍟 fries pommes|🍕 pizza|🌮 taco|🥗 salad salat|🍝 pasta nudeln|🍣 sushi|🍦 ice cream eis|🍩 donut|🍪 cookie keks|🎂 birthday cake geburtstag torte|🍰 cake kuchen|🍫 chocolate schokolade|🍿 popcorn|☕ coffee kaffee|🍵 tea tee|🧃 juice saft|🍺 beer bier|🍻 cheers prost|🥂 champagne sekt|🍷 wine wein`;

const activity = `⚽ football fußball|🏀 basketball|🏈 american football|🎾 tennis|🏓 table tennis tischtennis|🎳 bowling|🏆 trophy win pokal|🥇 gold medal medaille|🎯 target goal ziel|🎮 game spiel|🎲 dice würfel|🧩 puzzle|🎨 art kunst|🎬 film movie kino|🎤 sing microphone mikrofon|🎧 headphones kopfhörer|🎵 music musik|🎸 guitar gitarre|🎹 piano klavier|🎉 tada party feier|🎊 confetti konfetti|🎈 balloon ballon|🎁 gift geschenk|🚗 car auto|🚌 bus|🚲 bike fahrrad|🚂 train zug|✈️ plane flight flugzeug|🚀 rocket ship launch rakete|🚢 ship schiff|🏠 home house haus|🏢 office büro|🏖️ beach strand|⛰️ mountain berg|🏕️ camping zelt|🗺️ map karte|🚦 traffic light ampel|🚧 construction baustelle`;

const objects = `⌚ watch uhr|📱 phone handy|💻 laptop computer|⌨️ keyboard tastatur|🖥️ desktop monitor|🖨️ printer drucker|📷 camera kamera|📞 telephone telefon|🔋 battery akku|🔌 plug stecker|💡 idea bulb idee lampe|🔦 flashlight taschenlampe|🧯 extinguisher löscher|💰 money geld|💳 card karte|💎 gem diamant|🔧 wrench fix werkzeug|🔨 hammer|⚙️ gear settings zahnrad|🧪 test tube experiment|🔬 microscope mikroskop|💊 pill tablette|🧹 broom clean besen|🔑 key schlüssel|🔒 lock schloss|🔓 unlock offen|🚪 exit tür|🛒 cart einkauf|📦 package paket|✉️ mail brief|📅 calendar kalender|📈 chart up gewinn|📉 chart down verlust|📊 bar chart diagramm|📋 clipboard liste|📌 pin nadel|📎 clip klammer|📝 note memo notiz|✏️ pencil stift|📚 books bücher|🔍 search suche lupe|🔔 bell glocke|🔕 mute stumm|⏰ alarm wecker|⏳ hourglass warten sanduhr|🗑️ trash delete müll`;

const symbols = `❤️ heart love herz liebe|🧡 orange heart herz|💛 yellow heart herz|💚 green heart herz|💙 blue heart herz|💜 purple heart herz|🖤 black heart herz|💔 broken heart herz|💯 hundred perfect hundert|💥 boom knall|💬 speech sprechblase|💤 zzz schlaf|✅ check done yes fertig erledigt|☑️ checkbox|✔️ tick haken|❌ cross no nein|⛔ no entry verboten|🚫 prohibited verboten|⚠️ warning achtung|❗ exclamation wichtig|❓ question frage|➕ plus|➖ minus|♻️ recycle|🔁 repeat wiederholen|▶️ play start|⏸️ pause|⏹️ stop|🔴 red rot|🟠 orange|🟡 yellow gelb|🟢 green grün|🔵 blue blau|🟣 purple lila|⚫ black schwarz|⚪ white weiß|🆕 new neu|🆗 ok|🆒 cool|🔝 top|🏁 finish ziel|🚩 flag fahne|🏳️‍🌈 pride regenbogen`;

export interface Emoji {
  readonly emoji: string;
  /** Lower-case words that find it. */
  readonly words: string;
}

const read = (group: string): readonly Emoji[] =>
  group.split('|').map((entry) => {
    const at = entry.indexOf(' ');
    return { emoji: entry.slice(0, at), words: entry.slice(at + 1) };
  });

export const emojiGroups = {
  people: read(people),
  nature: read(nature),
  food: read(food),
  activity: read(activity),
  objects: read(objects),
  symbols: read(symbols),
} as const;

export type EmojiGroup = keyof typeof emojiGroups;
